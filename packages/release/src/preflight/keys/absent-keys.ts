import { posix } from "node:path";
import { error, type Finding, warning } from "../finding.ts";
import type { Container, StatefulSet, Volume } from "../manifest.ts";
import { type Files, mountOf, sourceAt, sourcesOf } from "../pods/mounts.ts";
import { isBelow } from "../pods/paths.ts";
import { ownWords, scriptOf, startOf } from "../pods/script.ts";
import { isRun, type Workload, workloadOf } from "../pods/workload.ts";
import { isAbsent, type KeyPath, keyPathsOf } from "./key-files.ts";

/** Whether a node finds the key files that it is told to read: Axon ends without them. */
export function checkKeysAreThere(set: StatefulSet, files: Files): Finding[] {
  const workload = workloadOf(set);
  if (!workload) return [];
  return keyPathsOf(workload, files).flatMap((key) => {
    if (key.isFilled) return [];
    const volume = volumeAt(workload, key);
    if (volume && isLeftOut(workload, volume, key, files)) return [leftOut(workload, volume, key)];
    const isSomewhere = isMounted(key) || mayBeBrought(workload, key, files);
    return isSomewhere ? [] : [onNoVolume(workload, key)];
  });
}

function volumeAt({ pod, templates }: Workload, { node, path }: KeyPath): Volume | undefined {
  const name = mountOf(node, path)?.name;
  if (name === undefined || templates.has(name)) return undefined;
  return pod.volumes?.find((each) => each.name === name);
}

/** Whether none of the objects that a volume is made of has the file. */
function isLeftOut(workload: Workload, volume: Volume, key: KeyPath, files: Files): boolean {
  const sources = sourceAt(workload, key.node, key.path);
  return isOfObjects(volume) && sources.every((one) => isAbsent(one, files));
}

/** Whether it has what ConfigMaps and Secrets have, and nothing else. */
function isOfObjects({ configMap, secret, projected }: Volume): boolean {
  const projections = projected?.sources ?? [];
  if (projections.length > 0) return projections.every((one) => one.configMap ?? one.secret);
  return Boolean(configMap?.name ?? secret?.secretName);
}

/** Whether any volume is above it; in most images one of the two folders is the other. */
function isMounted({ node, path }: KeyPath): boolean {
  const real = (written: string) => written.replace(/^\/var\/run(?=\/|$)/, "/run");
  const folders = (node.volumeMounts ?? []).map(({ mountPath }) => real(mountPath));
  return folders.some((folder) => isBelow(real(path), folder));
}

/** What puts files into pods that are not among what is rendered. */
const INJECTOR = /vault|inject|secret|conjur|infisical|doppler|akeyless/i;

function isInjector(annotation: string): boolean {
  return INJECTOR.test(annotation);
}

/** Whether something that the container runs may write it, as far as that can be seen. */
function mayBeBrought(workload: Workload, key: KeyPath, files: Files): boolean {
  const { node, path, config } = key;
  const { steps, shell } = startOf(workload, node, files);
  const all = steps.map(({ words }) => ownWords(words));
  const isSeen = node.command?.length && shell !== "unread" && all.some(isRun);
  const isHelped = node.lifecycle?.postStart || Object.keys(workload.notes).some(isInjector);
  if (!isSeen || isHelped || all.some(isOther)) return true;
  const said = [scriptOf(workload, node, files), variablesOf(node)].join("\n");
  const others = [config.text, config.path ?? ""].reduce(
    (left, one) => left.replaceAll(one, ""),
    said,
  );
  return [posix.basename(path), posix.dirname(path)].some((one) => others.includes(one));
}

/** A program of somebody's own, which may do anything. */
function isOther(words: readonly string[]): boolean {
  const [program = ""] = words;
  return /[/$]/.test(program) && !/axon/.test(posix.basename(program)) && !isRun(words);
}

function variablesOf({ env = [] }: Container): string {
  return env.map(({ value = "" }) => value).join("\n");
}

function leftOut({ at }: Workload, volume: Volume, { field, path }: KeyPath): Finding {
  const names = sourcesOf(volume).map(({ kind, name }) => `${kind} ${name}`);
  const why =
    `Its ${field} is ${path}, and there is no such file in ${names.join(" or ")}, which is ` +
    "mounted there: Axon does not start.";
  return error("key-file-missing", `${at}, ${field}`, why, NEXT);
}

function onNoVolume({ at }: Workload, { field, path }: KeyPath): Finding {
  const why =
    `Its ${field} is ${path}, where no volume is, and nothing is seen that writes it: unless the ` +
    "image has it, for all who may pull that, Axon does not start.";
  return warning("key-file-missing", `${at}, ${field}`, why, NEXT);
}

const NEXT = "Mount the Secret with the validator's keys, and write that file's path.";
