import { ActionError, type Context } from "@playbook/action";
import { AxonChain } from "@playbook/axon";
import type { View } from "@playbook/bft";
import { configMaps, KubeClient, type StatefulSet as LiveSet } from "@playbook/kube";
import { FENCED, Observer, type Scene, Snapshots, selects } from "@playbook/rollout";
import { connect, type Rights, type Way } from "./cluster.ts";
import { unpack } from "./files.ts";
import { renderedVersion, runningVersion } from "./images.ts";
import { configurationsOf } from "./leftovers.ts";
import { errorsFirst, type Finding } from "./preflight/finding.ts";
import { judge } from "./preflight/judge.ts";
import { type Manifest, type StatefulSet, statefulSets } from "./preflight/manifest.ts";
import { checkRoom } from "./preflight/room.ts";
import { type DataFit, dataFitOf } from "./preflight/version.ts";
import { ChartRelease, type ReleaseInputs } from "./release.ts";

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
  manifests: readonly Manifest[];
  /** The sets of validators as the chart renders them. */
  sets: readonly StatefulSet[];
  version: { from: string | null; to: string; fit: DataFit };
};

/** The label selector of our own chart's validators. */
function selectorOf({ validators, release }: Inputs): string {
  const own = `app.kubernetes.io/instance=${release},app.kubernetes.io/component=validator`;
  return validators ?? own;
}

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
  const selector = selectorOf(inputs);
  const sets = statefulSets(manifests).filter(({ metadata }) => matches(selector, metadata.labels));
  const names = new Set(sets.map(({ metadata }) => metadata.name));
  const target = { namespace, named, port, isValidator: (name: string) => names.has(name) };
  const chain = new AxonChain();
  const probe = new Observer(
    kube,
    chain,
    target,
    new Snapshots(kube, { namespace, wanted: false }),
    context,
  );
  const scene = await probe.scene();
  if (sets.length === 0) throw noValidators(selector);
  if (scene.nameless.length > 0) throw nameless(scene.nameless);
  const fenced = scene.sets.filter(({ metadata }) => metadata.annotations?.[FENCED] !== undefined);
  if (fenced.length > 0) throw shutForGood(fenced.map(({ metadata }) => metadata.name));
  const from = runningVersion(scene.pods);
  const to = renderedVersion(sets);
  const fit = dataFitOf(from, to, inputs.data ?? null);
  const wanted = fit === "forward-only" && scene.sets.length > 0;
  const snapshots = new Snapshots(kube, { namespace, wanted, className });
  const observer = stack.use(new Observer(kube, chain, target, snapshots, context));
  return { kube, release, observer, snapshots, scene, manifests, sets, version: { from, to, fit } };
}

/**
 * What the preflight finds, with the chain's own validators where there is a chain. Throws
 * `chain-silent` when nobody answers, unless that may be.
 */
export async function findingsOf(
  prepared: Prepared,
  { namespace, minValidators: fewest }: Inputs,
  { mayBeSilent = false } = {},
): Promise<Finding[]> {
  const { kube, manifests, sets, scene, version } = prepared;
  const live = new Map(scene.sets.map((set: LiveSet) => [set.metadata.name, set as StatefulSet]));
  const isThere = scene.sets.length > 0;
  const view = isThere ? await (mayBeSilent ? viewOf(prepared) : metBy(prepared)) : undefined;
  const { set } = view ?? {};
  const validators = new Set(sets.map(({ metadata }) => metadata.name));
  const files = await filesOf(kube, namespace, [...live.values()]);
  const found = judge({ manifests, validators, live, files, set, fewest, version });
  return [...found, ...(await checkRoom(kube, namespace, sets, live))].sort(errorsFirst);
}

/** The ConfigMaps that the pods of sets have. */
async function filesOf(
  kube: KubeClient,
  namespace: string,
  sets: readonly StatefulSet[],
): Promise<Manifest[]> {
  const names = new Set(sets.flatMap(({ spec }) => configurationsOf(spec.template.spec)));
  if (names.size === 0) return [];
  const all = await kube.list(configMaps, { namespace });
  return all.filter(({ metadata }) => names.has(metadata.name));
}

async function metBy({ observer }: Prepared): Promise<View> {
  return (await observer.meet()).view;
}

/** What is seen of a chain; undefined when nobody answers. */
export async function viewOf({ observer }: Prepared): Promise<View | undefined> {
  try {
    return (await observer.look()).view;
  } catch (error) {
    if (error instanceof ActionError) throw error;
    return undefined;
  }
}

/** A selector of labels that are to be equal, as far as charts' labels need it. */
function matches(selector: string, labels: Record<string, string> | undefined): boolean {
  const pairs = selector.split(",").map((pair) => pair.split("=") as [string, string]);
  return selects(Object.fromEntries(pairs), labels);
}

function noValidators(selector: string): ActionError {
  return new ActionError("no-validators", {
    what: "The chart renders no StatefulSet of validators.",
    why: `None of its sets has the labels ${selector}.`,
    next: 'Name the labels of the sets that run validators with "validators".',
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
    next: `Roll the restored chain out. Only where nothing was restored, take the sets' annotation ${FENCED} away.`,
  });
}
