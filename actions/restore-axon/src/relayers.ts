import { ActionError, type Context } from "@playbook/action";
import {
  type KubeClient,
  type Pod,
  pods,
  type Resource,
  replicasOf,
  type StatefulSet,
  statefulSets,
  until,
} from "@playbook/kube";
import { selects } from "@playbook/rollout";

/** On what makes relayers' pods, while a restore has it paused: how many it made. */
const PAUSED = "playbook/paused-replicas";

/** What is looked at of a Deployment is as in a StatefulSet. */
const deployments: Resource<StatefulSet> = {
  ...{ apiVersion: "apps/v1", kind: "Deployment", plural: "deployments", namespaced: true },
};

type Maker = { kube: KubeClient; resource: Resource<StatefulSet>; set: StatefulSet };

/** Where the relayers are, as the input says it: `namespace/label=value`. */
type Place = { namespace: string; labels: string };

/** The relayers from this chain, which deliver elsewhere what it no longer says. */
export class Relayers {
  readonly #clusters: readonly KubeClient[];
  readonly #place: Place | null;
  readonly #context: Context;

  /**
   * With `none` there are none. Throws `relayers-run` when nobody says where they are; whatever is
   * asked later does as well, when nothing is where they are said to be.
   */
  constructor(clusters: readonly KubeClient[], place: string | undefined, context: Context) {
    this.#clusters = clusters;
    this.#place = placeIn(place);
    this.#context = context;
  }

  /** Names of the Deployments and StatefulSets that make them. Throws `relayers-run`. */
  async names(): Promise<string[]> {
    const makers = await this.#makers();
    return [...new Set(makers.map(nameOf))];
  }

  /**
   * Scales to nothing whatever makes relayers' pods, and sees the pods gone. Throws `relayers-run`
   * before anything is changed when a pod has nobody that could be scaled, and when one does not
   * go.
   */
  async pause(deadlineMs: number): Promise<void> {
    if (!this.#place) return;
    const makers = await this.#makers();
    const bare = (await this.#pods()).filter((pod) => !makers.some(({ set }) => makes(set, pod)));
    if (bare.length > 0) throw running(namesOf(bare));
    for (const maker of makers.filter(({ set }) => replicasOf(set) > 0)) await this.#pause(maker);
    let left: Pod[] = [];
    await until(
      async () => {
        left = await this.#pods();
        return left.length;
      },
      (count) => count === 0,
      { what: "the relayers are gone", deadlineMs, context: this.#context },
    ).catch((error) => {
      const isLate = error instanceof ActionError && error.code === "not-in-time";
      throw isLate ? running(namesOf(left)) : error;
    });
  }

  /** Those that a restore has paused run as they did. Resolves to their names. */
  async resume(): Promise<string[]> {
    const makers = (await this.#makers()).filter(({ set }) => pausedOf(set) !== undefined);
    for (const maker of makers) {
      const change = {
        metadata: { annotations: { [PAUSED]: null } },
        spec: { replicas: Number(pausedOf(maker.set)) },
      };
      await this.#merge(maker, change);
      this.#context.progress(`${nameOf(maker)} relays again.`);
    }
    return [...new Set(makers.map(nameOf))];
  }

  /** A person who has scaled them since has paused none: the number is that of the last time. */
  async #pause(maker: Maker): Promise<void> {
    const change = {
      metadata: { annotations: { [PAUSED]: String(replicasOf(maker.set)) } },
      spec: { replicas: 0 },
    };
    await this.#merge(maker, change);
    this.#context.progress(`${nameOf(maker)} is paused.`);
  }

  async #merge({ kube, resource, set }: Maker, change: object): Promise<void> {
    const { name, namespace } = set.metadata;
    await kube.merge({ resource, name, namespace }, change);
  }

  async #makers(): Promise<Maker[]> {
    const place = this.#place;
    if (!place) return [];
    const { namespace } = place;
    const wanted = Object.fromEntries(place.labels.split(",").map((pair) => pair.split("=")));
    const found = await Promise.all(
      this.#clusters.flatMap((kube) =>
        [deployments, statefulSets].map(async (resource) =>
          (await kube.list(resource, { namespace })).map((set) => ({ kube, resource, set })),
        ),
      ),
    );
    const makers = found
      .flat()
      .filter(({ set }) => selects(wanted, set.spec.template.metadata?.labels));
    if (makers.length > 0 || (await this.#pods()).length > 0) return makers;
    throw nowhere(place, this.#clusters);
  }

  async #pods(): Promise<Pod[]> {
    const place = this.#place;
    if (!place) return [];
    return (await Promise.all(this.#clusters.map((kube) => kube.list(pods, place)))).flat();
  }
}

function makes({ spec }: StatefulSet, { metadata }: Pod): boolean {
  return selects(spec.selector.matchLabels, metadata.labels);
}

function pausedOf({ metadata }: StatefulSet): string | undefined {
  return metadata.annotations?.[PAUSED];
}

function nameOf({ resource, set }: Maker): string {
  return `${resource.kind} ${set.metadata.namespace}/${set.metadata.name}`;
}

function namesOf(found: readonly Pod[]): string[] {
  return found.map(({ metadata }) => metadata.name);
}

function placeIn(relayers: string | undefined): Place | null {
  if (relayers === "none") return null;
  const [, namespace, labels] =
    /^([a-z0-9-]+)\/([^=,\s]+=[^=,\s]+(?:,[^=,\s]+=[^=,\s]+)*)$/.exec(relayers ?? "") ?? [];
  if (namespace && labels) return { namespace, labels };
  throw new ActionError("relayers-run", {
    what: "Whether a relayer from this chain runs is not known.",
    why: "Blocks are lost: what a relayer delivers of them elsewhere has no origin any more.",
    next: "Name them with `relayers: namespace/label=value`, and they are paused, or say `none`.",
  });
}

/** That nothing is found proves nothing: a letter of the label may be wrong. */
function nowhere({ namespace, labels }: Place, clusters: readonly KubeClient[]): ActionError {
  const places = new Set(clusters.map(({ connection }) => connection.cluster));
  return new ActionError("relayers-run", {
    what: `No relayer is found by \`relayers: ${namespace}/${labels}\`.`,
    why: `Nothing in ${[...places].join(" or ")} makes such pods; they may run under another name.`,
    next: "Correct `relayers`. Where they run elsewhere, pause them there and say `none`.",
  });
}

function running(names: string[]): ActionError {
  return new ActionError("relayers-run", {
    what: "Relayers from this chain run.",
    why: `${names.join(", ")} would deliver elsewhere what the chain no longer says.`,
    next:
      "No Deployment or StatefulSet makes them, or they do " +
      "not go: end them, and run this again.",
  });
}
