import type { ValidatorSet } from "@playbook/bft";
import {
  configMaps,
  configurationsOf,
  type DisruptionBudget,
  disruptionBudgets,
  type Keeper,
  type StatefulSet as LiveSet,
  type Pod,
  pods,
} from "@playbook/kube";
import { type Entry, entryIn, isPodOf, type Kind, recordName, type Scene } from "@playbook/rollout";
import { begunBefore, checkGoesBack } from "./begun.ts";
import { chainOf } from "./chain-of.ts";
import { answersTo } from "./dry-run.ts";
import { passingOf } from "./passing.ts";
import { type Beside, checkBeside } from "./preflight/chain/beside.ts";
import { checkForks } from "./preflight/chain/forks.ts";
import { foundersIn } from "./preflight/chain/founders.ts";
import {
  bootstrapsIn,
  checkIdentities,
  checkStrangers,
  elsewhereIn,
} from "./preflight/chain/identity.ts";
import { checkBegun, checkKept, checkNamed, checkUnknown } from "./preflight/chain/places.ts";
import { type Post, postsAfter } from "./preflight/chain/posts.ts";
import { checkUnheld } from "./preflight/chain/unheld.ts";
import { errorsFirst, type Finding } from "./preflight/finding.ts";
import { hooksIn, isHook } from "./preflight/hooks.ts";
import { judge } from "./preflight/judge.ts";
import { checkKeysRun } from "./preflight/keys/running-keys.ts";
import { type Manifest, type StatefulSet, statefulSets } from "./preflight/manifest.ts";
import { checkNamespaces, isIn } from "./preflight/namespaces.ts";
import { keptMaps } from "./preflight/pods/kept-maps.ts";
import { checkPriorities, prioritiesNamed } from "./preflight/pods/priority.ts";
import { checkAnswers } from "./preflight/refusals.ts";
import { checkRendering } from "./preflight/rendering.ts";
import { checkLimitRanges } from "./preflight/room/limit-ranges.ts";
import { checkRoom } from "./preflight/room/room.ts";
import { checkBehind } from "./preflight/sets/behind.ts";
import { checkDroppedMaps } from "./preflight/sets/dropped-maps.ts";
import { checkFixed } from "./preflight/sets/fixed-fields.ts";
import { checkGone } from "./preflight/sets/gone.ts";
import { checkHeldBetween } from "./preflight/sets/holding.ts";
import { checkOwners, checkPending, isOfRelease } from "./preflight/sets/ownership.ts";
import { scalersIn } from "./preflight/sets/scaling.ts";
import { droppedIn, type Inputs, type Prepared } from "./prepare.ts";
import { prioritiesMissing } from "./priorities-there.ts";
import { storesThere } from "./stores-there.ts";

/**
 * What the preflight finds, with the chain's own validators where there is a chain. Throws
 * `chain-silent` when nobody answers, unless that may be.
 */
export async function findingsOf(
  prepared: Prepared,
  inputs: Inputs,
  { mayBeSilent = false, kind = "rollout" }: { mayBeSilent?: boolean; kind?: Kind } = {},
): Promise<Finding[]> {
  const { kube, manifests, sets, whole, changes } = prepared;
  const { namespace, minValidators: fewest, data = null } = inputs;
  const live = new Map(prepared.live.map((set) => [set.metadata.name, set as StatefulSet]));
  const { set, builds, head } = await chainOf(prepared, mayBeSilent);
  const validators = new Set(sets.map(({ metadata }) => metadata.name));
  const around = await aroundOf(prepared, inputs);
  const files = filesIn(around.maps, prepared.scene.sets);
  const here = manifests.filter((one) => isIn(one, namespace));
  const others = manifests.filter((one) => !isIn(one, namespace));
  const current = await prepared.release.current();
  const there = [...current, ...(await prepared.release.tried())];
  const budgets = besideIn(around.budgets, here, inputs);
  const values = [...(await prepared.release.values()), ...others];
  const rendered = { manifests: here, values, validators };
  const counted = {
    ...countedOf(here, there, live),
    hooks: hooksIn(here, (await prepared.release.revisions()).length > 0),
    passing: await passingOf(prepared, around.maps, inputs),
  };
  const stores = await storesThere(kube, here, namespace);
  const chain = { set, fewest, changes, builds, data };
  const beside = around.maps.filter((one) => !files.includes(one));
  const found = judge({ ...rendered, ...chain, live, files, beside, budgets, stores });
  const known = [...manifests, ...keptMaps(around.maps, here)];
  const all = [
    ...(await judgeWays(prepared, inputs, { around, current, live, kind })),
    ...checkBehind(prepared.scene.sets, prepared.scene.pods),
    ...checkNamespaces(sets, namespace),
    ...found,
    ...checkKeysRun({
      manifests: here,
      validators,
      pods: stayingOf(prepared, around, inputs),
      maps: files,
    }),
    ...checkPriorities(manifests, await prioritiesMissing(kube, prioritiesNamed(manifests))),
    ...checkForks(sets, live, head),
    ...checkDroppedMaps(here, { current, maps: around.maps, live: [...live.values()] }),
    ...checkGone(sets, { ...inputs, live, pods: around.pods, keeper: prepared.release.keeper }),
    ...judgePlaces({ ...prepared, manifests: known, live, whole: whole.scene, set }, inputs),
    ...(await checkRelease(prepared, around, current, inputs)),
    ...(await checkRoom(kube, namespace, { sets, ...counted }, live)),
    ...(await checkLimitRanges(kube, namespace, statefulSets(here))),
  ];
  const rendering = await renderingOf(prepared);
  return [...all, ...rendering, ...(await refusalsOf(prepared, inputs, all))].sort(errorsFirst);
}

/** Whether what was judged is what Helm renders the next time, too. */
async function renderingOf({ release }: Prepared): Promise<Finding[]> {
  const [once, again] = [await release.objects(), await release.objectsAgain()];
  return checkRendering({ once, again, unseen: release.unseen });
}

type Ways = {
  around: Around;
  current: readonly Manifest[];
  live: ReadonlyMap<string, StatefulSet>;
  kind: Kind;
};

/** Which way a run goes that goes on, and whether pods stay held on the way there and back. */
async function judgeWays(
  prepared: Prepared,
  inputs: Inputs,
  { around, current, live, kind }: Ways,
): Promise<Finding[]> {
  const record = around.maps.find(({ metadata }) => metadata.name === recordName(inputs.release));
  const begun = await begunBefore(prepared, entryIn(record), kind);
  const there = prepared.sets.filter(({ metadata }) => live.has(metadata.name));
  const back = await wayBackOf(prepared, { begun, kind, current });
  const between = { last: statefulSets(current), back, isHalfWay: begun !== undefined };
  return [...checkGoesBack(begun, inputs), ...checkHeldBetween(there, between)];
}

/** What the API server itself says of all that is rendered, beside what was found without it. */
async function refusalsOf(
  { kube, release }: Prepared,
  { namespace, mode }: Inputs,
  told: readonly Finding[],
): Promise<Finding[]> {
  const rendered = await release.objects();
  const last = await release.currentObjects();
  const isUpgrade = (await release.revisions()).length > 0;
  const isPlan = mode === "plan";
  const applies = await release.appliesOnServer();
  const shown = { namespace, last, isUpgrade, applies, stops: isPlan };
  return checkAnswers(await answersTo(kube, rendered, shown), { rendered, isPlan, told });
}

/** The sets that it would go back to by Helm, while pods of another revision are held. */
async function wayBackOf(
  { release, version }: Prepared,
  { begun, kind, current }: { begun: Entry | undefined; kind: Kind; current: readonly Manifest[] },
): Promise<StatefulSet[]> {
  if (kind === "jump" || version.fit === "forward-only") return [];
  if (!begun) return statefulSets(current);
  const isBack = begun.direction === "back" && (await release.isBackAt(begun.from));
  return isBack ? [] : statefulSets(await release.at(begun.from));
}

type Around = { maps: Keeper[]; budgets: DisruptionBudget[]; pods: Pod[] };

async function aroundOf({ kube }: Prepared, { namespace }: Inputs): Promise<Around> {
  const [maps, budgets, running] = await Promise.all([
    kube.list(configMaps, { namespace }),
    kube.list(disruptionBudgets, { namespace }),
    kube.list(pods, { namespace }),
  ]);
  return { maps, budgets, pods: running };
}

/**
 * The pods that run, but those that go with their sets: of those it is told where their keys go.
 */
function stayingOf(
  { live, manifests }: Prepared,
  { pods: running }: Around,
  inputs: Inputs,
): Pod[] {
  const gone = droppedIn(live, statefulSets(manifests), inputs);
  return running.filter((pod) => !gone.some((set) => isPodOf(pod, set)));
}

/** The ConfigMaps that the pods of sets have. */
function filesIn(maps: readonly Keeper[], sets: readonly LiveSet[]): Manifest[] {
  const names = new Set(sets.flatMap(({ spec }) => configurationsOf(spec.template.spec)));
  return maps.filter(({ metadata }) => names.has(metadata.name));
}

/** Budgets that stay as they are: somebody else's. */
function besideIn(
  budgets: readonly DisruptionBudget[],
  manifests: readonly Manifest[],
  inputs: Inputs,
): Manifest[] {
  const rendered = manifests.filter(({ kind }) => kind === "PodDisruptionBudget");
  const names = new Set(rendered.map(({ metadata }) => metadata.name));
  return budgets.filter(
    ({ metadata }) => !names.has(metadata.name) && !isOfRelease(metadata, inputs),
  );
}

type Placing = Pick<Prepared, "manifests" | "sets" | "choice"> & {
  live: ReadonlyMap<string, StatefulSet>;
  whole: Scene;
  /** Who votes; undefined where there is no chain. */
  set: ValidatorSet | undefined;
};

/** What quotas count. Of sets that Helm takes over, nobody says what is there beside them. */
function countedOf(
  here: readonly Manifest[],
  current: readonly Manifest[],
  live: ReadonlyMap<string, StatefulSet>,
) {
  const all = statefulSets(here);
  const isTakenOver = current.length === 0 && all.some(({ metadata }) => live.has(metadata.name));
  const rendered = here.filter((one) => !isHook(one));
  return { all, scalers: scalersIn(here), ...(!isTakenOver && { others: { rendered, current } }) };
}

/** Whether each validator keeps its place, and is whom it is taken for. */
export function judgePlaces(
  { manifests, sets, choice, live, whole, set }: Placing,
  { namespace, release, publicKeys: named }: Pick<Inputs, "namespace" | "release" | "publicKeys">,
): Finding[] {
  const before: Post[] = [
    ...whole.posts.map(({ id, place }) => ({
      ...{ id, pod: place.pod, set: place.set.metadata.name },
    })),
    ...whole.nameless.map((pod) => ({ pod, set: "", id: undefined })),
  ];
  const after = postsAfter({ sets, live, named }, before);
  const founders = foundersIn(manifests);
  const voters = set ?? founders;
  const neighbourhood = { manifests, sets, posts: after, namespace };
  const bootstraps = bootstrapsIn(manifests);
  const elsewhere = elsewhereIn(voters, bootstraps, neighbourhood);
  const places = { before, after, elsewhere };
  const isThere = whole.sets.length > 0;
  const dropped = droppedIn([...live.values()] as LiveSet[], statefulSets(manifests), {
    namespace,
    release,
  });
  const beside: Beside = { live, dropped, after, choice, isThere };
  return [
    ...(set ? checkKept(set, places) : checkUnknown(places)),
    ...(isThere ? [] : checkBegun(founders, places)),
    ...checkNamed(after),
    ...checkUnheld(manifests, { choice, voters }),
    ...checkIdentities(after, bootstraps, neighbourhood),
    ...checkStrangers(voters, founders, places, isThere),
    ...checkBeside(beside, { namespace, release }),
  ];
}

/** What Helm itself would stumble over. */
async function checkRelease(
  { release, manifests, live }: Prepared,
  { maps, budgets }: Around,
  current: readonly Manifest[],
  { namespace, release: name }: Inputs,
): Promise<Finding[]> {
  const there = [...live, ...maps, ...budgets] as Manifest[];
  const owners = checkOwners(manifests, there, current, { namespace, release: name });
  const pending = checkPending(await release.revisions());
  return [...pending, ...owners, ...checkFixed(manifests, current)];
}
