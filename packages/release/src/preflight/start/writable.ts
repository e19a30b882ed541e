import { posix } from "node:path";
import { error, type Finding, warning } from "../finding.ts";
import { type Container, containersOf, type Mount, type StatefulSet } from "../manifest.ts";
import { type Files, mountOf } from "../pods/mounts.ts";
import { configsOf, dataPathIn, isFilledIn } from "../pods/node-config.ts";
import { ownWords, startOf } from "../pods/script.ts";
import { nodeOf, type Workload, workloadOf } from "../pods/workload.ts";
import { isInit } from "./start.ts";

/**
 * Whether Axon can write where it has to: its data, and the logs that it opens whatever it is told
 * to log.
 */
export function checkWritable(set: StatefulSet, files: Files): Finding[] {
  const workload = workloadOf(set);
  const [config, other] = workload ? configsOf(workload, files) : [];
  if (!workload || !config || other) return [];
  const dataPath = dataPathIn(config.text);
  const logPath = logPathIn(config.text);
  return runnersOf(workload, files).flatMap((container) => [
    ...(dataPath ? checkData(workload, container, dataPath) : []),
    ...checkLogs(workload, container, logPath),
  ]);
}

const LOG_PATH = /^[ \t]*log_path\s*=\s*(?:"([^"\n]*)"|'([^'\n]*)')/m;

/** Axon's own default is in its working directory. */
function logPathIn(text: string): string {
  const [, quoted, plain] = LOG_PATH.exec(text) ?? [];
  return quoted ?? plain ?? "logs/";
}

/** The node, and what makes its data. */
function runnersOf(workload: Workload, files: Files): Container[] {
  const node = nodeOf(workload);
  return containersOf(workload.pod).filter((container) => {
    const { steps } = startOf(workload, container, files);
    return container === node || steps.some(({ words }) => isInit(ownWords(words)));
  });
}

function rootOf({ workingDir }: Container, path: string): string | undefined {
  return workingDir ?? (path.startsWith("/") ? "/" : undefined);
}

function checkData(workload: Workload, container: Container, dataPath: string): Finding[] {
  const root = rootOf(container, dataPath);
  const mount = root && mountOf(container, posix.resolve(root, dataPath));
  if (!mount || !isReadOnly(workload, mount)) return [];
  const why =
    `Its data_path, ${dataPath}, is on ${mount.mountPath}, ` +
    "which it may only read: no node starts.";
  const next = "Take `readOnly` off that mount and its volume.";
  return [error("data-read-only", `${workload.at}, container ${container.name}`, why, next)];
}

function checkLogs(workload: Workload, container: Container, logPath: string): Finding[] {
  if (isFilledIn(logPath)) return [];
  const root = rootOf(container, logPath);
  const isClosed = container.securityContext?.readOnlyRootFilesystem === true;
  if (root === undefined) {
    const isMaybe = !isClosed || hasSomewhere(workload, container, logPath);
    return isMaybe ? [] : [unwritable(warning, workload, container, logPath)];
  }
  const mount = mountOf(container, posix.resolve(root, logPath));
  const isShut = mount ? isReadOnly(workload, mount) : isClosed;
  return isShut ? [unwritable(error, workload, container, logPath)] : [];
}

/** Whether a volume may be where a path from the image's working directory leads. */
function hasSomewhere(workload: Workload, container: Container, path: string): boolean {
  const parts = posix.normalize(path).split("/").filter(Boolean);
  const above = parts.map((_, at) => parts.slice(0, at + 1).join("/"));
  return (container.volumeMounts ?? []).some(
    (mount) =>
      !isReadOnly(workload, mount) && above.some((end) => mount.mountPath.endsWith(`/${end}`)),
  );
}

function isReadOnly({ pod, templates }: Workload, { name, readOnly }: Mount): boolean {
  if (readOnly) return true;
  if (templates.has(name)) return false;
  const volume = (pod.volumes ?? []).find((each) => each.name === name);
  const { configMap, secret, projected, persistentVolumeClaim } = volume ?? {};
  return Boolean(configMap ?? secret ?? projected ?? persistentVolumeClaim?.readOnly);
}

function unwritable(
  level: typeof error,
  { at }: Workload,
  { name }: Container,
  logPath: string,
): Finding {
  const why =
    `Axon opens its logs in log_path, ${logPath}, also with log_to_file = false, and ends where ` +
    "it cannot: the container may only read there.";
  const next = "Mount an emptyDir there, or write another log_path, as one on the data's volume.";
  return level("logs-read-only", `${at}, container ${name}`, why, next);
}
