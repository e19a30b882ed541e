import { type Build, type ChainSpec, type Hex, isChainSpec, readChainSpec } from "@playbook/axon";
import type { ValidatorSet } from "@playbook/bft";
import type { Change } from "../images.ts";
import { checkGenesis, type Text, textsIn } from "./chain/genesis.ts";
import { dataPathOf as pathThere, read, readNodes } from "./chain/nodes.ts";
import type { Finding } from "./finding.ts";
import { checkKeysAreThere } from "./keys/absent-keys.ts";
import { checkKeyFiles, checkKeyFormat } from "./keys/held-keys.ts";
import { checkKeyVariables } from "./keys/key-variables.ts";
import { checkKeysAreSecret, type KnownKey } from "./keys/keys.ts";
import { checkKeysAreOwn } from "./keys/own-keys.ts";
import { type Manifest, type StatefulSet, statefulSets } from "./manifest.ts";
import { keptMaps } from "./pods/kept-maps.ts";
import { Files } from "./pods/mounts.ts";
import { checkAmounts } from "./room/amounts.ts";
import { checkBudget } from "./sets/budgets.ts";
import {
  checkGrace,
  checkHolds,
  checkImmutable,
  checkMaps,
  checkSelector,
} from "./sets/holding.ts";
import { checkScaling } from "./sets/scaling.ts";
import { checkRetention } from "./start/data.ts";
import { checkLiveness } from "./start/liveness.ts";
import { checkMoved } from "./start/moved.ts";
import { checkOrder } from "./start/ordered.ts";
import { checkStart } from "./start/start.ts";
import { checkVolumeOwner } from "./start/volume-owner.ts";
import { checkWipers } from "./start/wipers.ts";
import { checkWritable } from "./start/writable.ts";
import { checkVersions, type DataFit } from "./version.ts";
import { checkVotes } from "./votes.ts";

/** What a release is judged by. */
export type Case = {
  manifests: readonly Manifest[];
  /** What else may hold a key: what the chart is given, and what it makes elsewhere. */
  values?: readonly Manifest[];
  /** Names of the sets that run validators. */
  validators: ReadonlySet<string>;
  /** The sets that are there, by name. */
  live: ReadonlyMap<string, StatefulSet>;
  /** The ConfigMaps that the pods of those have. */
  files: readonly Manifest[];
  /** Those that are there besides: pods that are rendered may have them. */
  beside?: readonly Manifest[];
  /** The chain's own validators; undefined where there is no chain yet. */
  set: ValidatorSet | undefined;
  fewest: number;
  changes: readonly Change[];
  /** Whose builds have proposed the chain's latest blocks, where that was asked. */
  builds?: ReadonlySet<Build> | undefined;
  /** What the data is said to survive. */
  data: DataFit | null;
  /** Budgets that are there beside those that are rendered. */
  budgets?: readonly Manifest[];
  /** Stores of secrets that are there beside those. */
  stores?: readonly Manifest[];
};

/** All that is wrong with a release before anything is touched. */
export function judge({ manifests, validators, live, files: there, ...rest }: Case): Finding[] {
  const { set, fewest, changes, builds, data, budgets = [], values = [], stores = [] } = rest;
  const kept = keptMaps([...there, ...(rest.beside ?? [])], manifests);
  const all = statefulSets(manifests);
  const sets = all.filter(({ metadata }) => validators.has(metadata.name));
  // A list of the API server has no kinds in it.
  const maps = there.map((object) => ({ ...object, kind: "ConfigMap" }));
  const { files, spec, specAt, dataPathOf, findings } = readNodes(
    sets,
    [...manifests, ...kept],
    maps,
    set,
  );
  const now = new Files(maps);
  const voters = set ?? (spec ? setOf(spec) : placesOf(sets));
  return [
    ...checkVotes(voters, fewest),
    ...openKeys([...manifests, ...values, ...kept], sets, {
      files,
      known: knownKeys(sets, spec, set),
    }),
    ...sets.flatMap((one) => [...checkKeysAreThere(one, files), ...checkKeyFormat(one, files)]),
    ...checkKeysAreOwn(manifests, { validators, files, stores }),
    ...checkScaling(sets, manifests),
    ...checkWipers(manifests, sets, { files, dataPathOf }),
    ...sets.flatMap(checkRetention),
    ...sets.flatMap((one) => checkStart(one, { files, dataPath: dataPathOf(one) })),
    ...sets.flatMap(checkHolds),
    ...sets.flatMap(checkGrace),
    ...sets.flatMap((one) => [
      ...checkOrder(one, files),
      ...checkLiveness(one, files),
      ...checkWritable(one, files),
      ...checkVolumeOwner(one, live.get(one.metadata.name), files),
    ]),
    ...all.flatMap(checkSelector),
    ...all.flatMap(checkAmounts),
    ...all.flatMap((one) => checkImmutable(one, live.get(one.metadata.name))),
    ...sets.flatMap((one) => {
      const there = live.get(one.metadata.name);
      const last = there && { set: there, dataPath: pathThere(there, now) };
      return last ? checkMoved({ set: one, dataPath: dataPathOf(one) }, last) : [];
    }),
    ...checkMaps(manifests, maps),
    ...checkBudget(sets, [...manifests, ...budgets], voters),
    ...checkVersions(changes, data, builds),
    ...(spec ? textsIn(maps).flatMap((text) => checkBeginning({ at: specAt, spec }, text)) : []),
    ...findings,
  ];
}

/** Where it is written that it is a key, and where a node is told so. */
function openKeys(
  manifests: readonly Manifest[],
  sets: readonly StatefulSet[],
  { files, known }: { files: Files; known: readonly KnownKey[] },
): Finding[] {
  const found = checkKeysAreSecret(manifests, known);
  const told = sets.flatMap((set) => [
    ...checkKeyFiles(set, files),
    ...checkKeyVariables(set, files),
  ]);
  return [...new Map([...told, ...found].map((finding) => [finding.at, finding])).values()];
}

/** One that cannot be read is no chain's: nodes have begun with what is there. */
function checkBeginning(rendered: { at: string; spec: ChainSpec }, text: Text): Finding[] {
  const spec = isChainSpec(text.text) ? read(text, readChainSpec, () => [], []) : undefined;
  return spec ? checkGenesis(rendered, { at: text.at, spec }) : [];
}

function setOf(spec: ChainSpec): ValidatorSet {
  const verifiers = spec.params.verifier_list;
  return verifiers.map(({ pub_key, vote_weight }) => ({ id: pub_key, weight: vote_weight }));
}

/** Where nobody says who votes, each pod counts for one. */
export function placesOf(sets: readonly StatefulSet[]): ValidatorSet {
  return sets.flatMap(({ metadata, spec: { replicas = 1 } }) =>
    Array.from({ length: replicas }, (_, at) => ({ id: `${metadata.name}-${at}`, weight: 1 })),
  );
}

/** The public keys of all that are said to be validators. */
function knownKeys(
  sets: readonly StatefulSet[],
  spec: ChainSpec | undefined,
  set: ValidatorSet = [],
): KnownKey[] {
  const founders = (spec?.params.verifier_list ?? []).map(({ pub_key, bls_pub_key }) => ({
    ...{ publicKey: pub_key, blsPublicKey: bls_pub_key },
  }));
  const named = sets.flatMap(({ metadata }) => metadata.annotations?.["axon/public-key"] ?? []);
  const others = [...set.map(({ id }) => id), ...named].map((id) => id.toLowerCase() as Hex);
  return [...founders, ...others.map((publicKey) => ({ publicKey }))];
}
