import {
  type Finding as AxonFinding,
  type ChainSpec,
  type Config,
  checkChainSpec,
  checkConfig,
  checkTogether,
  type Hex,
  readChainSpec,
  readConfig,
} from "@playbook/axon";
import type { ValidatorSet } from "@playbook/bft";
import type { Change } from "../images.ts";
import { checkBudget } from "./budgets.ts";
import { checkDataIsKept, checkStart } from "./data.ts";
import { error, type Finding, warning } from "./finding.ts";
import { checkGenesis, isChainSpec, type Text, textsIn } from "./genesis.ts";
import { checkHolds, checkImmutable } from "./holding.ts";
import { checkKeysAreOwn, checkKeysAreSecret } from "./keys.ts";
import { type Manifest, type StatefulSet, statefulSets } from "./manifest.ts";
import { checkVersions, type DataFit } from "./version.ts";
import { checkVotes } from "./votes.ts";

/** What a release is judged by. */
export type Case = {
  manifests: readonly Manifest[];
  /** Names of the sets that run validators. */
  validators: ReadonlySet<string>;
  /** The sets that are there, by name. */
  live: ReadonlyMap<string, StatefulSet>;
  /** The ConfigMaps that the pods of those have. */
  files: readonly Manifest[];
  /** The chain's own validators; undefined where there is no chain yet. */
  set: ValidatorSet | undefined;
  fewest: number;
  changes: readonly Change[];
  /** What the data is said to survive. */
  data: DataFit | null;
  /** Budgets that are there beside those that are rendered. */
  budgets?: readonly Manifest[];
};

/** All that is wrong with a release before anything is touched. */
export function judge({ manifests, validators, live, files, ...rest }: Case): Finding[] {
  const { set, fewest, changes, data, budgets = [] } = rest;
  const all = statefulSets(manifests);
  const sets = all.filter(({ metadata }) => validators.has(metadata.name));
  const { config, spec, specAt, findings } = readFiles(manifests, set);
  const known = (spec?.params.verifier_list ?? []).map((verifier) => ({
    publicKey: verifier.pub_key,
    blsPublicKey: verifier.bls_pub_key,
  }));
  return [
    ...checkVotes(set ?? setOf(spec), fewest),
    ...checkKeysAreSecret(manifests, known),
    ...checkKeysAreOwn(sets.length > 0 ? sets : manifests),
    ...sets.flatMap(checkStart),
    ...(config ? sets.flatMap((one) => checkDataIsKept(one, config.data_path)) : []),
    ...sets.flatMap((one) => checkHolds(one, live.has(one.metadata.name))),
    ...all.flatMap((one) => checkImmutable(one, live.get(one.metadata.name))),
    ...checkBudget(sets, [...manifests, ...budgets], set ?? setOf(spec)),
    ...checkVersions(changes, data),
    ...(spec ? textsIn(files).flatMap((text) => checkBeginning({ at: specAt, spec }, text)) : []),
    ...findings,
  ];
}

/** One that cannot be read is no chain's: nodes have begun with what is there. */
function checkBeginning(rendered: { at: string; spec: ChainSpec }, text: Text): Finding[] {
  const spec = isChainSpec(text) ? take(text, readChainSpec, () => [], []) : undefined;
  return spec ? checkGenesis(rendered, { at: text.at, spec }) : [];
}

function setOf(spec: ChainSpec | undefined): ValidatorSet {
  const verifiers = spec?.params.verifier_list ?? [];
  return verifiers.map(({ pub_key, vote_weight }) => ({ id: pub_key, weight: vote_weight }));
}

type Files = { config?: Config; spec?: ChainSpec; specAt: string; findings: Finding[] };

/** The configuration and chain spec among the rendered files, and what Axon would fail by. */
function readFiles(manifests: readonly Manifest[], set: ValidatorSet | undefined): Files {
  const texts = textsIn(manifests.filter(({ kind }) => kind === "ConfigMap"));
  const config = texts.find(({ text }) => /^\s*data_path\s*=/m.test(text));
  const spec = texts.find(isChainSpec);
  const read: Files = { specAt: spec?.at ?? "", findings: [] };
  if (config) read.config = take(config, readConfig, checkConfig, read.findings);
  if (spec) read.spec = take(spec, readChainSpec, (found) => checkChainSpec(found), read.findings);
  if (config && read.config && read.spec) {
    // Of a chain that has grown, those who vote now count, and not those who began it.
    const present = set?.map(({ id }) => id as Hex);
    const found = checkTogether(read.config, read.spec, present);
    read.findings.push(...found.map((it) => asError(config.at, it)));
  }
  return read;
}

function take<Value>(
  { at, text }: Text,
  read: (written: string, name: string) => { value: Value; ignored: string[] },
  check: (value: Value) => AxonFinding[],
  findings: Finding[],
): Value | undefined {
  try {
    const { value, ignored } = read(text, at);
    findings.push(...check(value).map((found) => asError(at, found)));
    findings.push(...ignored.map((field) => unknownField(at, field)));
    return value;
  } catch (fault) {
    const { why = `${fault}`, next = "" } = fault as { why?: string; next?: string };
    findings.push(error("axon-file", at, why, next));
    return undefined;
  }
}

function asError(at: string, { at: path, why, next }: AxonFinding): Finding {
  return error("axon-file", `${at}, ${path}`, why, next);
}

function unknownField(at: string, field: string): Finding {
  const why = "Axon knows no such field and passes it over.";
  return warning("axon-field", `${at}, ${field}`, why, "Correct its name, or leave it out.");
}
