import {
  type Finding as AxonFinding,
  type ChainSpec,
  type Config,
  checkChainSpec,
  checkConfig,
  checkTogether,
  type Hex,
  isChainSpec,
  readChainSpec,
  readConfig,
} from "@playbook/axon";
import type { ValidatorSet } from "@playbook/bft";
import { buildOf } from "../builds.ts";
import { error, type Finding, warning } from "../finding.ts";
import type { Manifest, StatefulSet } from "../manifest.ts";
import { Files, sourcesOf } from "../pods/mounts.ts";
import {
  configsOf,
  dataPathIn,
  isFilledIn,
  looseConfigs,
  type NodeConfig,
} from "../pods/node-config.ts";
import { type Workload, workloadOf } from "../pods/workload.ts";
import { checkDataIsKept } from "../start/data.ts";
import { type Text, textsIn } from "./genesis.ts";

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
  const specs = textsIn(manifests).filter(({ text }) => isChainSpec(text));
  return specs.find(({ at }) => mounted.has(at.split(", ")[0] ?? "")) ?? specs[0];
}

function specUnseen(): Finding {
  const why =
    "No chain spec is in the release: who founds the chain, and " +
    "what Axon would say of it, is not known.";
  const next =
    "Have the chart render it, to have it looked at; every set's pods are counted for now.";
  return warning("spec-unseen", "Chain spec", why, next);
}

/** What is found of a file, and of the peers that it names. */
type Judged = {
  config: NodeConfig;
  readers: readonly Nodes[];
  own: Finding[];
  peers: AxonFinding[];
};

/** Judges each file once, whichever nodes it is read by. */
function checkConfigs(
  nodes: readonly Nodes[],
  spec: ChainSpec | undefined,
  set: ValidatorSet | undefined,
): Finding[] {
  const present = set?.map(({ id }) => id as Hex);
  const all = new Map(nodes.flatMap(({ configs }) => configs.map((one) => [one.at, one])));
  const judged = [...all.values()].map((config): Judged => {
    const own: Finding[] = [];
    const value = read(config, readConfig, checkConfig, own);
    const readers = nodes.filter(({ configs }) => configs.some(({ at }) => at === config.at));
    if (!value && !config.isExact && isFilledIn(config.text)) own.splice(0, 1, notKnown(config));
    const peers = value && spec ? checkPeers(value, { spec, present, readers }) : [];
    return { config, readers, own, peers };
  });
  return judged.flatMap((one) => {
    const { config, own, peers } = one;
    const told = isOwnLeftOut(one, judged) ? [] : peers.map((it) => asFinding(config.at, it));
    const findings = [...own, ...told];
    return config.isExact ? findings : findings.map((it) => ({ ...it, level: "warning" }));
  });
}

/** Of a chain that has grown, those who vote now count, and not those who began it. */
function checkPeers(
  config: Config,
  known: { spec: ChainSpec; present: Hex[] | undefined; readers: readonly Nodes[] },
): AxonFinding[] {
  const { spec, present, readers } = known;
  const only = onlyOf(readers);
  const own = only?.count === 1 ? (only.annotations["axon/public-key"] as Hex) : undefined;
  return checkTogether(config, spec, { present, own });
}

function onlyOf(readers: readonly Nodes[]): Workload | undefined {
  return readers.length === 1 ? readers[0]?.workload : undefined;
}

/**
 * Whether a node's own file leaves out the node itself, of which nobody says who it is; where a set
 * has a file for each of its pods, each leaves out another one.
 */
function isOwnLeftOut({ readers, peers }: Judged, all: readonly Judged[]): boolean {
  const only = onlyOf(readers);
  const isOne = (list: readonly AxonFinding[]) => list.length === 1 && list[0]?.isBearable;
  if (!only || !isOne(peers)) return false;
  if (only.count === 1) return only.annotations["axon/public-key"] === undefined;
  const files = all.filter((one) => onlyOf(one.readers) === only);
  const leftOut = new Set(files.map((one) => one.peers[0]?.why));
  return files.every((one) => isOne(one.peers)) && leftOut.size === only.count;
}

function checkData({ set, workload, configs }: Nodes, files: Files): Finding[] {
  const open = configs.find(({ isExact, text }) => isExact && isFilledIn(dataPathIn(text) ?? ""));
  if (open) return [unfilled(workload, open)];
  if (configs.length > 0) {
    const paths = Map.groupBy(configs, ({ text }) => dataPathIn(text));
    if (paths.size === 1) return checkDataIsKept(set, [...paths.keys()][0], files);
    return [...paths].flatMap(([path, all]) =>
      checkDataIsKept(set, path, files).map(({ why, ...found }): Finding => {
        const by = `By ${all.map(({ at }) => at).join(" and ")}: `;
        return { ...found, level: "warning", why: by + why };
      }),
    );
  }
  const found = checkDataIsKept(set, undefined, files);
  const why =
    "The configuration of its node is neither in the release nor among what its pods have: where " +
    "its data is, and whether Axon takes it, is not known.";
  const next = "Have the chart render it in a ConfigMap, to have it looked at.";
  return found.length > 0 ? found : [warning("config-unseen", workload.at, why, next)];
}

function notKnown({ at }: NodeConfig): Finding {
  const why =
    "It is filled in before the node reads it, and cannot be read as it is: whether Axon " +
    "takes what comes of it is not known.";
  const next = "Render the file as the node reads it, to have it looked at.";
  return warning("config-unseen", at, why, next);
}

/** Axon reads a file as it is, and what is mounted of an object nobody writes to. */
function unfilled({ at }: Workload, { at: file, text }: NodeConfig): Finding {
  const why =
    `Its data_path is ${dataPathIn(text)} in ${file}, which the node is told to read as ` +
    "it is mounted: nothing is written in the place of that, and its data is in a " +
    "folder of that name, off the volume.";
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
  const next = /privkey$/.test(field)
    ? "Take it out: this version reads keys from the files that " +
      "net_privkey_file and bls_privkey_file name."
    : "Correct its name, or leave it out.";
  return warning("axon-field", `${at}, ${field}`, why, next);
}
