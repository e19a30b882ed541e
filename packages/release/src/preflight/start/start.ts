import { posix } from "node:path";
import { error, type Finding, warning } from "../finding.ts";
import { containersOf, type StatefulSet } from "../manifest.ts";
import { Files } from "../pods/mounts.ts";
import { isBelow } from "../pods/paths.ts";
import { hookOf, ownWords, scriptsOf, startOf } from "../pods/script.ts";
import { isRun, keptFolders, nodeOf, type Workload, workloadOf } from "../pods/workload.ts";
import { removedBy } from "../shell/removed.ts";
import type { Guard, Step } from "../shell/shell.ts";
import {
  dataFolders,
  guardOf,
  isInverted,
  isNever,
  isNeverEmpty,
  isOfPresence,
  markerIn,
  type Place as Placed,
  STATE,
} from "./guards.ts";
import { checkPutBack } from "./put-back.ts";

type Place = Placed & {
  files: Files;
  at: string;
  /** What the pod does when these steps are run. */
  when: "starts" | "stops";
};

/** How the pod starts: what it makes anew each time, and who hears the signal that ends it. */
export function checkStart(
  set: StatefulSet,
  { files = new Files([]), dataPath }: { files?: Files; dataPath?: string | undefined } = {},
): Finding[] {
  const workload = workloadOf(set);
  if (!workload) return [];
  const checked = containersOf(workload.pod).flatMap((container) => {
    const at = `${workload.at}, container ${container.name}`;
    const { steps } = startOf(workload, container, files);
    const place = { workload, container, dataPath, files };
    const hooks = HOOKS.flatMap(({ hook, when }) =>
      checkSteps(hookOf(hook, workload, container, files), {
        ...{ ...place, when, at: `${at}, ${hook}` },
      }),
    );
    return [...checkSteps(steps, { ...place, at, when: "starts" }), ...hooks];
  });
  return [...checked, ...checkPid(workload, files)];
}

const HOOKS = [
  { hook: "postStart", when: "starts" },
  { hook: "preStop", when: "stops" },
] as const;

function checkSteps(steps: readonly Step[], place: Place): Finding[] {
  const wipes = wipesIn(steps, place).flatMap((wipe) => {
    const found = checkWipe(wipe, place);
    return found ? [{ ...wipe, found }] : [];
  });
  const worst = wipes.find(({ found }) => found.level === "error") ?? wipes[0];
  const wiped = worst ? [worst.found] : [];
  const put = wiped.length === 0 && place.when === "starts" ? checkPutBack(steps, place) : [];
  const at = steps.findIndex(({ words }) => isInit(ownWords(words)));
  const init = steps[at];
  if (!init || worst?.found.level === "error") return [...wiped, ...put];
  // What is wiped is made anew without fault: that it is wiped is what matters.
  const isAnew = wipes.some((wipe) => wipe.isSure && wipe.at < at && isLedTo(init, wipe));
  return [...wiped, ...put, ...(isAnew ? [] : checkInit(init, place))];
}

/** Whether a step is come to only where another one is, too. */
function isLedTo({ guards }: Step, other: Step): boolean {
  return JSON.stringify(guards.slice(0, other.guards.length)) === JSON.stringify(other.guards);
}

/** Whether a command is `axon init`. */
export function isInit(words: readonly string[]): boolean {
  const at = words.indexOf("init");
  if (at < 0) return false;
  const before = words.slice(0, at).join(" ");
  const isAxons = /(?:^|\/)axon[\w.-]*(?:\s|$)|^\$/.test(before);
  return isAxons || words.slice(at).some((word) => /^(?:-c|-s|--config|--chain-spec)\b/.test(word));
}

function checkInit({ guards, mayFail }: Step, place: Place): Finding[] {
  const { at } = place;
  const next = instead(place);
  if (guards.some((one) => isInverted(one, place))) {
    return [error("init-loop", at, INVERTED, next)];
  }
  const guard = guardOf(guards, place);
  if (guard === "kept") return checkAsked(guards, place);
  if (guard === "unknown" || mayFail) {
    const why = mayFail
      ? "It runs `axon init` each time the pod starts and lets it " +
        "fail: one that is half done is missed."
      : "Whether it runs `axon init` where data is, which fails, " +
        "is not told by what it asks before.";
    return [warning("init-loop", at, why, next)];
  }
  return [error("init-loop", at, LOOPS[guard](place), next)];
}

/** What to do where an init is not asked for rightly: in an init container it is in its place. */
function instead(place: Place): string {
  const { workload, container, dataPath } = place;
  const isBefore = workload.pod.initContainers?.includes(container);
  if (!isBefore) return "Run it in an init container, only where no data is.";
  const [folder] = dataPath?.startsWith("/") ? dataFolders(place) : [];
  const what = "Ask for what Axon keeps in its data_path";
  return folder
    ? `${what}: \`[ -d ${posix.join(folder, "rocksdb")} ] || axon init …\`.`
    : `${what}, on its own volume, as for \`rocksdb\`.`;
}

/** What outlives the pod is asked for: whether the answer is ever another. */
function checkAsked(guards: readonly Guard[], place: Place): Finding[] {
  const { at, workload, files } = place;
  if (guards.some((one) => isNever(one, place))) {
    const why =
      "It runs `axon init` only where a folder is not that a volume is mounted at, which is " +
      "always there: a new validator never begins.";
    const next = "Ask for what Axon keeps in its data_path, as for `rocksdb`.";
    return [warning("init-never", at, why, next)];
  }
  const scripts = scriptsOf(workload, files);
  if (!scripts.includes("lost+found") && guards.some((one) => isNeverEmpty(one, place))) {
    const why =
      "It runs `axon init` only where nothing at all is on the volume, and a fresh one of ext4 " +
      "has `lost+found`: a new validator never begins there.";
    const next =
      "Ask for what Axon keeps in its data_path, as for `rocksdb`, or give the mount a subPath.";
    return [warning("init-never", at, why, next)];
  }
  const marker = guards.length === 1 && guards[0] ? markerIn(guards[0], place) : undefined;
  if (!marker || !isOnlyAsked(marker, scripts)) return [];
  const why =
    `It asks before \`axon init\` for ${marker}, and nothing that is seen ` +
    "makes it: then it fails where data is.";
  const next = "Ask for what Axon keeps in its data_path, or make that file once it is done.";
  return [warning("init-loop", at, why, next)];
}

/**
 * Whether scripts name a file where they ask for it, and nowhere else: by a variable it may be
 * made.
 */
function isOnlyAsked(path: string, scripts: string): boolean {
  const [before = "", after] = scripts.split(path);
  const isOnce = after !== undefined && scripts.split(posix.basename(path)).length === 2;
  return isOnce && /\s-[a-z]\s+["'\\]*$/.test(before);
}

const INVERTED =
  "It runs `axon init` where data is, which fails, and not where there is none: what " +
  "it asks before is the wrong way round.";

const LOOPS = {
  lost: () =>
    "It asks before `axon init` for what is lost with the pod: then it fails where data is.",
  elsewhere: ({ dataPath }: Place) =>
    "It asks before `axon init` for Axon's files where they never are: they are in its " +
    `data_path, ${dataPath}, on its own volume. So it fails where data is.`,
  none: () => "`axon init` fails where data is, so the pod starts once and never again.",
};

/** What is taken away, and whether it is for sure the chain's data. */
export type Wipe = Step & { at: number; path: string; isSure: boolean };

function checkWipe({ path, guards, isSure }: Wipe, place: Place): Finding | undefined {
  const asked = guards.filter((one) => !isInverted(one, place));
  const guard = guardOf(asked, place, isOfPresence);
  if (guard === "kept") return undefined;
  const level = isSure && guard !== "unknown" ? error : warning;
  const why =
    level === error
      ? `It takes the chain's data, ${path}, away each time the pod ${place.when}.`
      : `It may take the chain's data, ${path}, away when the pod ${place.when}.`;
  const next = "Remove nothing then, or only what an `axon init` left that was not finished.";
  return level("init-wipes", place.at, why, next);
}

/** What a pod that is no node's takes away of the chain's data, on a claim that a node has. */
export function wipesBy(workload: Workload, dataPath: string, files: Files): Wipe[] {
  return containersOf(workload.pod).flatMap((container) => {
    const { steps } = startOf(workload, container, files);
    return wipesIn(steps, { workload, container, dataPath, files, at: "", when: "starts" });
  });
}

/** The inits of a pod that is no node's which fail where data is: whether each is sure to. */
export function initsBy(workload: Workload, dataPath: string, files: Files): boolean[] {
  return containersOf(workload.pod).flatMap((container) => {
    const { steps } = startOf(workload, container, files);
    const place = { workload, container, dataPath, files, at: "", when: "starts" } as const;
    return steps
      .filter(({ words, mayFail }) => isInit(ownWords(words)) && !mayFail)
      .flatMap((step) => checkInit(step, place))
      .filter(({ code }) => code === "init-loop")
      .map(({ level }) => level === "error");
  });
}

/** What is removed, or moved away, with all that is in it, where the chain's data is or may be. */
function wipesIn(steps: readonly Step[], place: Place): Wipe[] {
  let folder = place.container.workingDir ?? "/";
  return steps.flatMap((step, at): Wipe[] => {
    const words = ownWords(step.words);
    if (words[0] === "cd" && words[1]) folder = posix.resolve(folder, words[1]);
    const before = steps.slice(at).some((later) => isInit(ownWords(later.words)));
    const fed = steps.slice(0, at).map((each) => ownWords(each.words));
    return removedBy(words, fed.reverse()).flatMap(({ path, isSure }) => {
      const isHit = hits(path, folder, place, before);
      return isHit === undefined ? [] : [{ ...step, at, path, isSure: isHit && isSure }];
    });
  });
}

/** Whether the chain's data goes with a path: false when it may, undefined when it does not. */
function hits(path: string, folder: string, place: Place, isBeforeInit: boolean) {
  const written = path.replace(/\/?\.?\*$|\/\{.*\}$|\/\.?$/, "") || "/";
  const parts = written.split("/");
  if (written.includes("$")) {
    if (parts.some((part) => STATE.test(part))) return true;
    return /data|chain/i.test(written) ? false : undefined;
  }
  const whole = path.startsWith("/") ? written : posix.resolve(folder, path.replace(/\*$/, ""));
  const folders = dataFolders(place);
  const isBare = keptFolders(place.workload, place.container).length === 0;
  if (isBare && place.dataPath && isBelow(place.dataPath, whole)) return isBeforeInit;
  if (folders.some((data) => isBelow(data, whole))) return true;
  const inside = folders.some((data) => isBelow(whole, data));
  if (inside) return STATE.test(parts.at(-1) ?? "") || undefined;
  // Of a container that mounts no claim nothing is known, and what comes before an init is suspect.
  return (isBare && isBeforeInit && !isBelow(whole, "/tmp")) || undefined;
}

/** A shell does not pass SIGTERM on: the node is killed at the end of the grace period. */
function checkPid(workload: Workload, files: Files): Finding[] {
  const node = nodeOf(workload);
  if (!node) return [];
  const { steps, shell } = startOf(workload, node, files);
  if (shell === "none" || isHandedOver(steps)) return [];
  const at = `${workload.at}, container ${node.name}`;
  const next = "Run `axon run` as the container's command, or `exec axon run` in the script.";
  if (shell === "read" && steps.some(({ words }) => isRun(words))) {
    const why =
      "A shell runs as process 1 and keeps SIGTERM to itself: the node is killed, not ended.";
    return [error("shell-is-pid-1", at, why, next)];
  }
  const why =
    "A shell runs as process 1, and no `exec` is seen that puts the node in its place: unless " +
    "one is where it cannot be seen, the node is killed, not ended.";
  return [warning("shell-is-pid-1", at, why, next)];
}

/** Whether a command takes the shell's place, or the shell passes the signal on while it waits. */
function isHandedOver(steps: readonly Step[]): boolean {
  const all = steps.map(({ words }) => words);
  const waits = all.some(([name]) => name === "wait");
  return all.some((words) => takesPlace(words) || (waits && isTrap(words)));
}

function isTrap([name, ...rest]: readonly string[]): boolean {
  return (
    name === "trap" && rest.some((word) => /^(?:SIG)?(?:TERM|EXIT|INT)$|^(?:0|15)$/.test(word))
  );
}

function takesPlace([name, ...rest]: readonly string[]): boolean {
  if (name !== "exec") return false;
  const [program = ""] = ownWords(rest);
  return /axon/.test(program) || program.startsWith("$") || isRun(rest);
}
