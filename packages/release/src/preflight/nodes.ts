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
import { buildOf } from "./builds.ts";
import { checkDataIsKept } from "./data.ts";
import { error, type Finding, warning } from "./finding.ts";
import { isChainSpec, type Text, textsIn } from "./genesis.ts";
import type { Manifest, StatefulSet } from "./manifest.ts";
import { Files, sourcesOf } from "./mounts.ts";
import { configsOf, dataPathIn, isFilledIn, looseConfigs, type NodeConfig } from "./node-config.ts";
import { type Workload, workloadOf } from "./workload.ts";

/** What the validators' nodes read. */
export type Seen = {
  files: Files;
  spec?: ChainSpec;
  specAt: string;
  /** Where the nodes of a set keep the chain's data, if that is one place. */
  dataPathOf(set: StatefulSet): string | undefined;
  findings: Finding[];
};

type Nodes = { set: StatefulSet; workload: Workload; configs: NodeConfig[] };

/**
 * The configurations and the chain spec of the validators' nodes, from what is rendered and what is
 * there, and what Axon would fail by.
 */
export function readNodes(
  sets: readonly StatefulSet[],
  manifests: readonly Manifest[],
  live: readonly Manifest[],
  present: ValidatorSet | undefined,
): Seen {
  const files = new Files([...manifests, ...live]);
  const findings: Finding[] = [];
  const loose = looseConfigs(manifests, files);
  const nodes = sets.flatMap((set): Nodes[] => {
    const workload = workloadOf(set);
    const configs = workload ? configsOf(workload, files) : [];
    return workload ? [{ set, workload, configs: configs.length > 0 ? configs : loose }] : [];
  });
  const found = specIn(nodes, manifests);
  const build = buildOf(sets);
  const check = (value: ChainSpec) => checkChainSpec(value, { build });
  const spec = found && read(found, readChainSpec, check, findings);
  // A chain that is there began with what its nodes have, whatever is rendered.
  if (!found && !present) findings.push(specUnseen());
  findings.push(...checkConfigs(nodes, spec, present));
  findings.push(...nodes.flatMap((each) => checkData(each, files)));
  return {
    ...{ files, specAt: found?.at ?? "", findings },
    ...(spec && { spec }),
    dataPathOf: (set) => nodes.filter((each) => each.set === set).map(pathIn)[0],
  };
}

/** Where the nodes of a set that is there keep the chain's data, if that is one place. */
export function dataPathOf(set: StatefulSet, files: Files): string | undefined {
  const workload = workloadOf(set);
  return workload && pathIn({ configs: configsOf(workload, files) });
}

function pathIn({ configs }: Pick<Nodes, "configs">): string | undefined {
  const [path, other] = new Set(configs.map(({ text }) => dataPathIn(text)));
  return other === undefined ? path : undefined;
}

/** Of several the one that the validators' pods have. */
function specIn(nodes: readonly Nodes[], manifests: readonly Manifest[]): Text | undefined {
  const mounted = new Set(
    nodes.flatMap(({ workload }) =>
      (workload.pod.volumes ?? []).flatMap(sourcesOf).map(({ kind, name }) => `${kind} ${name}`),
    ),
  );
  const specs = textsIn(manifests).filter(isChainSpec);
  return specs.find(({ at }) => mounted.has(at.split(", ")[0] ?? "")) ?? specs[0];
}

function specUnseen(): Finding {
  const why =
    "No chain spec is in the release: who founds the chain, and what Axon would say of it, is not " +
    "known.";
  const next =
    "Have the chart render it, to have it looked at; every set's pods are counted for now.";
  return warning("spec-unseen", "Chain spec", why, next);
}

/** Judges each file once, whichever nodes it is read by. */
function checkConfigs(
  nodes: readonly Nodes[],
  spec: ChainSpec | undefined,
  set: ValidatorSet | undefined,
): Finding[] {
  const present = set?.map(({ id }) => id as Hex);
  const all = new Map(nodes.flatMap(({ configs }) => configs.map((one) => [one.at, one])));
  return [...all.values()].flatMap((config): Finding[] => {
    const findings: Finding[] = [];
    const value = read(config, readConfig, checkConfig, findings);
    const readers = nodes.filter(({ configs }) => configs.some(({ at }) => at === config.at));
    if (value && spec) {
      findings.push(...checkPeers(config, value, { spec, present, readers }));
    }
    return config.isExact ? findings : findings.map((it) => ({ ...it, level: "warning" }));
  });
}

/** Of a chain that has grown, those who vote now count, and not those who began it. */
function checkPeers(
  { at }: NodeConfig,
  config: Config,
  known: { spec: ChainSpec; present: Hex[] | undefined; readers: readonly Nodes[] },
): Finding[] {
  const { spec, present, readers } = known;
  const only = readers.length === 1 ? readers[0]?.workload : undefined;
  const own = only?.count === 1 ? (only.annotations["axon/public-key"] as Hex) : undefined;
  const found = checkTogether(config, spec, { present, own });
  // Who it is that a node's own file does not name is not said: it is taken for the node itself.
  if (!own && only?.count === 1 && found.length === 1 && found[0]?.isBearable) return [];
  return found.map((it) => asFinding(at, it));
}

function checkData({ set, workload, configs }: Nodes, files: Files): Finding[] {
  const open = configs.find(({ isExact, text }) => isExact && isFilledIn(dataPathIn(text) ?? ""));
  if (open) return [unfilled(workload, open)];
  if (configs.length > 0) {
    const paths = new Set(configs.map(({ text }) => dataPathIn(text)));
    const isSure = paths.size === 1;
    const found = [...paths].flatMap((path) => checkDataIsKept(set, path, files));
    return isSure ? found : found.map((it) => ({ ...it, level: "warning" }));
  }
  const found = checkDataIsKept(set, undefined, files);
  const why =
    "The configuration of its node is neither in the release nor among what its pods have: where " +
    "its data is, and whether Axon takes it, is not known.";
  const next = "Have the chart render it in a ConfigMap, to have it looked at.";
  return found.length > 0 ? found : [warning("config-unseen", workload.at, why, next)];
}

/** Axon reads a file as it is, and what is mounted of an object nobody writes to. */
function unfilled({ at }: Workload, { at: file, text }: NodeConfig): Finding {
  const why =
    `Its data_path is ${dataPathIn(text)} in ${file}, which the node is told to read as it is mounted: nothing ` +
    "is written in the place of that, and its data is in a folder of that name, off the volume.";
  const next =
    "Write the path itself, or let a container before it write the file that the node reads.";
  return error("data-off-the-volume", at, why, next);
}

/** What is written in a file, if Axon can read it. */
export function read<Value>(
  { at, text, isSecret }: Text,
  reading: (written: string, name: string) => { value: Value; ignored: string[] },
  check: (value: Value) => AxonFinding[],
  findings: Finding[],
): Value | undefined {
  try {
    const { value, ignored } = reading(text, at);
    findings.push(...check(value).map((found) => asFinding(at, found)));
    findings.push(...ignored.map((field) => unknownField(at, field)));
    return value;
  } catch (fault) {
    const { why = `${fault}`, next = "" } = fault as { why?: string; next?: string };
    // What follows are lines of the file.
    const told = isSecret ? (why.split("\n")[0] ?? "") : why;
    findings.push(error("axon-file", at, told, next));
    return undefined;
  }
}

function asFinding(at: string, { at: path, why, next, isBearable }: AxonFinding): Finding {
  return (isBearable ? warning : error)("axon-file", `${at}, ${path}`, why, next);
}

function unknownField(at: string, field: string): Finding {
  const why = "Axon knows no such field and passes it over.";
  return warning("axon-field", `${at}, ${field}`, why, "Correct its name, or leave it out.");
}
