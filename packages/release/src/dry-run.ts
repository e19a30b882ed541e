import { ActionError } from "@playbook/action";
import { type Draft, type KubeClient, type Resource, resourceOf } from "@playbook/kube";
import { isHook, isMadeNow } from "./preflight/hooks.ts";
import type { Manifest } from "./preflight/manifest.ts";
import { type Answer, changeOf } from "./preflight/refusals.ts";

type Shown = {
  namespace: string;
  /** What the revision before has: of what it made, Helm takes back what is rendered no more. */
  last: readonly Manifest[];
  isUpgrade: boolean;
  /** Whether Helm makes what is not there by server-side apply, as Helm 4 does. */
  applies: boolean;
  /** Whether to stop at the first right that is missing. */
  stops: boolean;
};

/** Shows the API server what Helm is to give it; nothing is kept. What it takes is not told. */
export async function answersTo(
  kube: KubeClient,
  objects: readonly Manifest[],
  { namespace, last, isUpgrade, applies, stops }: Shown,
): Promise<Answer[]> {
  const placed = (one: Manifest) => keyOf(one, namespace);
  const before = new Map(last.map((one) => [placed(one), one]));
  const asking = new Asking(kube, { namespace, applies, last: before });
  const answers: Answer[] = [];
  for (const one of objects.filter((each) => isMadeNow(each, isUpgrade))) {
    const said = await asking.about(one);
    if (said) answers.push({ one, said });
    if (stops && said?.code === "kube-forbidden") break;
  }
  return answers;
}

/** What is no answer to the question is thrown: an API server that is away, or knows nobody. */
const ANSWERS = ["kube-invalid", "kube-refused", "kube-forbidden", "kube-absent"];

const SHOWN = { dryRun: true, strict: true } as const;

type Given = Pick<Shown, "namespace" | "applies"> & { last: ReadonlyMap<string, Manifest> };

class Asking {
  readonly #kube: KubeClient;
  readonly #given: Given;
  readonly #resources = new Map<string, Promise<Resource | undefined>>();

  constructor(kube: KubeClient, given: Given) {
    this.#kube = kube;
    this.#given = given;
  }

  async about(one: Manifest): Promise<ActionError | null> {
    try {
      await this.#show(one);
      return null;
    } catch (error) {
      if (!(error instanceof ActionError)) throw error;
      // Somebody wrote, or a hook of that name is there: Helm deletes it first.
      if (error.code === "kube-conflict") return null;
      if (ANSWERS.includes(error.code)) return error;
      throw error;
    }
  }

  async #show(one: Manifest): Promise<void> {
    const resource = await this.#resourceOf(one);
    // Helm itself says of such a kind that there is none, before it changes anything.
    if (!resource) return;
    const { namespace, last, applies } = this.#given;
    const { name, namespace: own = namespace } = one.metadata;
    const place = resource.namespaced ? { namespace: own } : {};
    const made = { ...one, metadata: { ...one.metadata, ...place } } as Draft;
    const create = () => this.#kube.create(resource, made, SHOWN);
    if (isHook(one) || !name) return void (await create());
    const ref = { resource, name, ...place };
    const change = changeOf(one, last.get(keyOf(one, namespace)));
    await this.#kube.merge(ref, change, SHOWN).catch((error) => {
      if (!isAbsent(error)) throw error;
      return applies ? this.#kube.apply(ref, one, { ...SHOWN, force: true }) : create();
    });
  }

  #resourceOf({ apiVersion = "v1", kind }: Manifest): Promise<Resource | undefined> {
    const key = `${apiVersion}/${kind}`;
    const known = this.#resources.get(key);
    if (known) return known;
    const found = resourceOf(this.#kube, { apiVersion, kind }).catch((error) => {
      if (isAbsent(error)) return undefined;
      throw error;
    });
    this.#resources.set(key, found);
    return found;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof ActionError && error.code === "kube-absent";
}

function keyOf({ kind, metadata }: Manifest, namespace: string): string {
  return [kind, metadata.namespace ?? namespace, metadata.name].join("/");
}
