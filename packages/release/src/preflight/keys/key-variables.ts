import { error, type Finding } from "../finding.ts";
import { containersOf, type StatefulSet, type Variable } from "../manifest.ts";
import type { Files, Source } from "../pods/mounts.ts";
import { type Workload, workloadOf } from "../pods/workload.ts";
import { choosesByName, OTHERS } from "./held-keys.ts";
import { inTheOpen, keyIn } from "./keys.ts";

const KEY_NAME =
  /priv(?:ate)?[._-]?key|(?:net|bls|node|validator|signing|consensus|p2p)[._-]?key|mnemonic/i;

const SHORT_NAME = /^(?:[\w.-]*[._-])?(?:net|bls)(?:[._-](?:key|priv\w*|secret|sk|hex|raw))?$/i;

/** What is no key in a ConfigMap, but says something of one. */
const OF_KEYS =
  /pub|(?:file|path|dir|folder|name|id|index|count|type|format|url|hash|sum|address|alias)s?$/i;

/** The entry of an object that a variable is taken from. */
function entryOf({ valueFrom }: Variable): Source | undefined {
  const { secretKeyRef, configMapKeyRef } = valueFrom ?? {};
  const { name, key = "" } = secretKeyRef ?? configMapKeyRef ?? {};
  const kind = secretKeyRef ? "Secret" : "ConfigMap";
  return name ? { kind, name, entry: key, isOwn: false } : undefined;
}

/** The variables that are keys; where a pod takes one of many by its name, whichever it is. */
export function sourcesIn(
  variables: readonly Variable[],
  workload: Workload,
  files: Files,
): Source[] {
  const isOwn = areMany(variables) && choosesByName(workload, files);
  return variables.flatMap((one) => {
    const source = entryOf(one);
    return source ? [{ ...source, isOwn }] : [];
  });
}

export function isKey(variable: Variable, files: Files): boolean {
  const source = entryOf(variable);
  const names = [variable.name, source?.entry ?? ""];
  const keys = names.filter((one) => KEY_NAME.test(one) || SHORT_NAME.test(one));
  if (source?.kind !== "ConfigMap") return keys.length > 0 || KEY_NAME.test(names.join(" "));
  const content = files.read(source);
  if (keys.length === 0 || keys.some((one) => OF_KEYS.test(one))) return false;
  return content === undefined || keyIn(content) !== undefined;
}

/** What runs before a node needs keys for other things as well. */
export function isNodesKey(variable: Variable, files: Files): boolean {
  const { name = "", entry = "" } = entryOf(variable) ?? {};
  return isKey(variable, files) && !OTHERS.test(`${variable.name} ${entry} ${name}`);
}

/** Whether some differ by their numbers alone: a pod takes one of them. */
function areMany(variables: readonly Variable[]): boolean {
  const names = variables.map(({ name }) => name.replace(/\d+/g, ""));
  return new Set(names).size < names.length;
}

/** Validators' keys that variables take from ConfigMaps, be those rendered, there or not seen. */
export function checkKeyVariables(set: StatefulSet, files: Files): Finding[] {
  const workload = workloadOf(set);
  const variables = workload ? containersOf(workload.pod).flatMap(({ env = [] }) => env) : [];
  return variables.flatMap((variable): Finding[] => {
    const source = entryOf(variable);
    if (source?.kind !== "ConfigMap" || !isNodesKey(variable, files)) return [];
    const at = `ConfigMap ${source.name}, ${source.entry}`;
    return [files.read(source) ? inTheOpen("ConfigMap", at) : unseen(at, variable)];
  });
}

function unseen(at: string, { name }: Variable): Finding {
  const why =
    `By its name variable ${name} is a private key, and a ConfigMap is open to all who may read ` +
    "the namespace's.";
  const next = "Move it into a secret store with create-axon-keys, and rotate it: it is known.";
  return error("key-in-the-open", at, why, next);
}
