import { posix } from "node:path";
import { type Finding, warning } from "../finding.ts";
import { mountOf } from "../pods/mounts.ts";
import { ownWords } from "../pods/script.ts";
import type { Step } from "../shell/shell.ts";
import { dataFolders, guardOf, isInverted, type Place, STATE } from "./guards.ts";

/** Where a program puts files, with all that is in them, and out of what. */
type Put = { from: readonly string[]; to: string };

/**
 * Whether older data is put over the chain's own each time a pod starts: a snapshot that is fetched
 * once is the way to begin, and fetched again it takes a validator back behind what it has signed.
 */
export function checkPutBack(steps: readonly Step[], place: Place & { at: string }): Finding[] {
  let folder = place.container.workingDir ?? "/";
  return steps.flatMap((step): Finding[] => {
    const words = ownWords(step.words);
    if (words[0] === "cd" && words[1]) folder = posix.resolve(folder, words[1]);
    const put = putBy(words);
    const to = put && posix.resolve(folder, put.to.replace(/\*$/, ""));
    if (!put || !to || !isData(to, place) || put.from.some((one) => isOfObject(one, place)))
      return [];
    const asked = step.guards.filter((one) => !isInverted(one, place));
    if (guardOf(asked, place) === "kept") return [];
    const why =
      `It seems to put other data over the chain's, ${to}, each time the pod starts: a validator ` +
      "goes back behind what it has signed, or its database is of two times.";
    const next = "Do it only where none is, as by asking for `rocksdb` in its data_path.";
    return [warning("data-put-back", place.at, why, next)];
  });
}

/** Whether a path is the chain's data, or a part of what Axon keeps there. */
function isData(path: string, place: Place): boolean {
  if (path.split("/").some((part) => STATE.test(part))) return true;
  if (!place.dataPath) return false;
  return dataFolders(place).some((data) => posix.relative(data, path) === "");
}

/** Whether it is of a ConfigMap or a Secret, which no chain's data are. */
function isOfObject(path: string, { workload, container }: Place): boolean {
  const mount = path.startsWith("/") ? mountOf(container, path) : undefined;
  const volume = (workload.pod.volumes ?? []).find(({ name }) => name === mount?.name);
  return Boolean(volume?.configMap ?? volume?.secret ?? volume?.projected);
}

/** What leaves alone that is there. */
const LEAVES =
  /^(?:--(?:keep-old-files|skip-old-files|keep-newer-files|no-clobber|ignore-existing|update.*)|-[a-zA-Z]*[nuk][a-zA-Z]*)$/;

const REMOTE = /^(?:s3|gs|gcs|az|https?):\/\/|^[\w-]+:/;

function putBy([name = "", ...args]: readonly string[]): Put | undefined {
  const program = posix.basename(name);
  if (program === "tar") return untarred(args);
  const paths = args.filter((arg) => !arg.startsWith("-"));
  const to = paths.at(-1) ?? "";
  switch (program) {
    case "cp":
      return isDeep(args) && !args.some((arg) => LEAVES.test(arg))
        ? { from: paths.slice(0, -1), to }
        : undefined;
    case "rsync":
      return args.some((arg) => LEAVES.test(arg)) ? undefined : { from: paths.slice(0, -1), to };
    case "unzip":
      return unzipped(args);
    case "aws":
    case "gsutil":
    case "gcloud":
    case "rclone":
      return isFetched(paths) ? { from: [], to } : undefined;
    default:
      return undefined;
  }
}

function isDeep(args: readonly string[]): boolean {
  return args.some((arg) => /^-[a-zA-Z]*[rRa]|^--(?:recursive|archive)$/.test(arg));
}

/** Of a bucket, to a folder here. */
function isFetched(paths: readonly string[]): boolean {
  const [from = "", to = ""] = paths.slice(-2);
  const isOfMany = paths.some((word) => /^(?:sync|rsync|cp|copy)$/.test(word));
  return isOfMany && REMOTE.test(from) && to.startsWith("/");
}

function untarred(args: readonly string[]): Put | undefined {
  const [first = ""] = args;
  const extracts =
    /^[a-zA-Z]*x[a-zA-Z]*$/.test(first) ||
    args.some((arg) => /^-[a-zA-Z]*x|^--(?:extract|get)$/.test(arg));
  const keeps = args.some((arg) => arg === "-k" || (/^--/.test(arg) && LEAVES.test(arg)));
  if (!extracts || keeps) return undefined;
  const at = args.findIndex(
    (arg, index) =>
      /^-[a-zA-Z]*C$/.test(arg) ||
      (index === 0 && /^[a-zA-Z]*C$/.test(arg)) ||
      arg === "--directory",
  );
  const joined = args.flatMap((arg) => /^(?:--directory=|-C)(.+)$/.exec(arg)?.[1] ?? [])[0];
  return { from: [], to: (at >= 0 ? args[at + 1] : joined) ?? "." };
}

function unzipped(args: readonly string[]): Put | undefined {
  const at = args.indexOf("-d");
  if (!args.some((arg) => /^-[a-zA-Z]*o/.test(arg))) return undefined;
  return { from: [], to: (at >= 0 ? args[at + 1] : undefined) ?? "." };
}
