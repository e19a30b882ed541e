import { ActionError, type Context } from "@playbook/action";
import { AxonChain } from "@playbook/axon";
import type { View } from "@playbook/bft";
import { KubeClient, type StatefulSet as LiveSet, statefulSets as liveSets } from "@playbook/kube";
import { FENCED, isPodOf, Observer, type Scene, Snapshots } from "@playbook/rollout";
import { connect, type Rights, type Way } from "./cluster.ts";
import { unpack } from "./files.ts";
import { type Change, changesOf, versionsIn } from "./images.ts";
import { unheldIn } from "./preflight/chain/unheld.ts";
import { type Manifest, nameOf, type StatefulSet, statefulSets } from "./preflight/manifest.ts";
import { isOfRelease } from "./preflight/sets/ownership.ts";
import { type DataFit, fitOf } from "./preflight/version.ts";
import { ChartRelease, type ReleaseInputs } from "./release.ts";
import { type Choice, choiceOf } from "./validators.ts";

/** What says which release is meant, and how its validators are treated. */
export type Inputs = Way &
  ReleaseInputs & {
    validators?: string | undefined;
    publicKeys: ReadonlyMap<string, string>;
    /** What carries the files of values and the chart, for a job without a checkout. */
    artifact?: string | undefined;
    artifactDigest?: string | undefined;
    rpcPort: number;
    minValidators: number;
    data?: DataFit | undefined;
    snapshotClass?: string | undefined;
    patience: number;
    validatorTimeout: number;
    deadline: number;
    /** Which run it is, for whoever reads the record. */
    run: string;
  };

/** All that a rollout begins with. */
export type Prepared = {
  kube: KubeClient;
  release: ChartRelease;
  observer: Observer;
  snapshots: Snapshots;
  scene: Scene;
  /** The same, with the sets of validators that this release has and the chart renders no more. */
  whole: { observer: Observer; scene: Scene };
  /** All sets of the namespace. */
  live: readonly LiveSet[];
  choice: Choice;
  manifests: readonly Manifest[];
  /** The sets of validators as the chart renders them. */
  sets: readonly StatefulSet[];
  version: { from: string | null; to: string; fit: DataFit };
  changes: readonly Change[];
};

/** Looks at the cluster, the release and the chart, and changes nothing. */
export async function prepare(
  inputs: Inputs,
  context: Context,
  { stack, ...rights }: Rights & { stack: AsyncDisposableStack },
): Promise<Prepared> {
  const kube = new KubeClient(await connect(inputs, rights, context), context);
  const files = await unpack(inputs, context, stack);
  const release = stack.use(await ChartRelease.open(kube, files, context));
  const { namespace, publicKeys: named, rpcPort: port, snapshotClass: className } = inputs;
  const manifests = await release.manifests();
  const rendered = statefulSets(manifests);
  const choice = choiceOf(inputs, rendered);
  const live = await kube.list(liveSets, { namespace });
  if (!rendered.some(choice.isChosen)) {
    const others = unheldIn(manifests, choice);
    throw others.length > 0 ? onlyUnheld(others) : noValidators(choice.text);
  }
  seeNames(choice, [...rendered, ...live]);
  const sets = rendered.filter(choice.isValidator);
  const chain = new AxonChain();
  const watching = (names: readonly string[], snapshots: Snapshots) => {
    const isValidator = (name: string) => names.includes(name);
    const target = { namespace, named, port, isValidator };
    return stack.use(new Observer(kube, chain, target, snapshots, context));
  };
  const none = new Snapshots(kube, { namespace, wanted: false });
  const names = sets.map(({ metadata }) => metadata.name);
  const scene = await watching(names, none).scene();
  if (scene.nameless.length > 0) throw nameless(scene.nameless);
  const fenced = scene.sets.filter(({ metadata }) => metadata.annotations?.[FENCED] !== undefined);
  if (fenced.length > 0) throw shutForGood(fenced.map(({ metadata }) => metadata.name));
  const dropped = droppedIn(live, rendered, inputs).filter(choice.isValidator);
  const wholeObserver = watching([...names, ...dropped.map(({ metadata }) => metadata.name)], none);
  const whole = { observer: wholeObserver, scene: await wholeObserver.scene() };
  const changes = changesOf(sets, ({ metadata }) => {
    const set = scene.sets.find((one) => one.metadata.name === metadata.name);
    return set ? scene.pods.filter((pod) => isPodOf(pod, set)) : [];
  });
  const version = { ...versionsIn(changes), fit: fitOf(changes, inputs.data ?? null) };
  const wanted = version.fit === "forward-only" && scene.sets.length > 0;
  const snapshots = new Snapshots(kube, { namespace, wanted, className });
  const observer = watching(names, snapshots);
  const seen = { observer, snapshots, scene, whole, live, choice };
  return { kube, release, manifests, sets, version, changes, ...seen };
}

/** The sets that Helm takes away, as the release has them and the chart renders them no more. */
export function droppedIn(
  live: readonly LiveSet[],
  rendered: readonly StatefulSet[],
  name: { namespace: string; release: string },
): LiveSet[] {
  const names = new Set(rendered.map(({ metadata }) => metadata.name));
  return live.filter(({ metadata }) => isOfRelease(metadata, name) && !names.has(metadata.name));
}

/** A name that no set has would be a validator that nobody looks at. */
function seeNames({ names, text }: Choice, sets: readonly Pick<Manifest, "metadata">[]): void {
  const unknown = names.filter((name) => !sets.some(({ metadata }) => metadata.name === name));
  if (unknown.length > 0) throw noValidators(text, `None is called ${unknown.join(", ")}.`);
}

/** What is seen of a chain; undefined when nobody answers. */
export async function viewOf({
  observer,
}: {
  observer: Pick<Observer, "look">;
}): Promise<View | undefined> {
  try {
    return (await observer.look()).view;
  } catch (error) {
    if (error instanceof ActionError) throw error;
    return undefined;
  }
}

function noValidators(
  selector: string,
  why = `None of its sets, nor of their pods, has the labels or names ${selector}.`,
): ActionError {
  return new ActionError("no-validators", {
    what: "The chart renders no StatefulSet of validators.",
    why,
    next: 'Name the labels of the sets that run validators, or the sets, with "validators".',
  });
}

function onlyUnheld(others: readonly Manifest[]): ActionError {
  return new ActionError("no-validators", {
    what: "The chart renders validators that are no StatefulSets.",
    why:
      `${others.map(nameOf).join(", ")} are no StatefulSets: Kubernetes replaces their pods by ` +
      "itself, the next one beside the last, and two sign with one key.",
    next: "Make each validator a StatefulSet of one replica, with a claim and a key of its own.",
  });
}

function nameless(pods: string[]): ActionError {
  return new ActionError("validator-nameless", {
    what: `Which validators run in ${pods.join(", ")} is not known.`,
    why: "Neither an annotation axon/public-key nor the input says their public keys.",
    next: 'Give them with "public-keys", one `pod = 0x…` a line.',
  });
}

function shutForGood(sets: string[]): ActionError {
  return new ActionError("validator-fenced", {
    what: `${sets.join(", ")} were shut so that their chain could be restored elsewhere.`,
    why: "Helm would start them again, and their keys would sign in two places.",
    next:
      "Roll the restored chain out. Only where nothing was restored, take " +
      `the sets' annotation ${FENCED} away.`,
  });
}
