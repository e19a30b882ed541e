import { type Container, containersOf, type Variable } from "../manifest.ts";
import { expanded, type Step, stepsIn } from "../shell/shell.ts";
import { type Files, sourceAt, sourcesOf } from "./mounts.ts";
import { lineOf, type Workload } from "./workload.ts";

/** What a container does when it starts. */
export type Start = {
  steps: Step[];
  /** Whether a shell runs as process 1: `unread` where its script is not in the release. */
  shell: "none" | "read" | "unread";
};

/** Scripts that call scripts are followed so far. */
const DEEPEST = 5;

const SHELL = /^(?:\S*\/)?(?:ba|da|a|z|k)?sh$/;

/** The commands of a container, those of its scripts in the place of a script's name. */
export function startOf(workload: Workload, container: Container, files: Files): Start {
  const words = lineOf(container);
  return new Reading(workload, container, files).start(words);
}

/** The commands that are run in a container once it has started, or before it is stopped. */
export function hookOf(
  hook: "postStart" | "preStop",
  workload: Workload,
  container: Container,
  files: Files,
): Step[] {
  return stepsOf(container.lifecycle?.[hook], workload, container, files);
}

/** The commands that a container is asked by whether it is ready. */
export function probesOf(workload: Workload, container: Container, files: Files): Step[] {
  const { readinessProbe, startupProbe } = container;
  return [startupProbe, readinessProbe].flatMap((probe) =>
    stepsOf(probe, workload, container, files),
  );
}

function stepsOf(
  hook: Container["readinessProbe"],
  workload: Workload,
  container: Container,
  files: Files,
): Step[] {
  const words = hook?.exec?.command ?? [];
  return words.length > 0 ? new Reading(workload, container, files).start(words).steps : [];
}

/** All that the containers of a pod are told, with the files of ConfigMaps that may be scripts. */
export function scriptsOf({ pod }: Workload, files: Files): string {
  const containers = containersOf(pod).map(({ command, args, env, lifecycle }) =>
    JSON.stringify([command, args, env, lifecycle]),
  );
  const maps = (pod.volumes ?? []).flatMap(sourcesOf).filter(({ kind }) => kind === "ConfigMap");
  const names = [...new Set(maps.map(({ name }) => name))];
  const written = names.flatMap((name) => [
    ...(files.in({ kind: "ConfigMap", name })?.values() ?? []),
  ]);
  return [...containers, ...written.map(String)].join("\n");
}

/**
 * What a container is told, and the file that it is told to run, with the variables that are known.
 */
export function scriptOf(workload: Workload, container: Container, files: Files): string {
  const words = lineOf(container);
  const written = words
    .filter((word) => word.startsWith("/"))
    .flatMap((path) => sourceAt(workload, container, path))
    .flatMap((source) => files.read(source)?.toString() ?? []);
  const text = [words.join(" "), ...written].join("\n").replace(/\\\r?\n/g, " ");
  const known = literal(container.env ?? []);
  return expanded(withVariables(text, known), known);
}

class Reading {
  readonly #workload: Workload;
  readonly #container: Container;
  readonly #files: Files;
  readonly #variables: ReadonlyMap<string, string>;

  constructor(workload: Workload, container: Container, files: Files) {
    this.#workload = workload;
    this.#container = container;
    this.#files = files;
    this.#variables = literal(container.env ?? []);
  }

  start(written: readonly string[]): Start {
    const words = written.map((word) => withVariables(word, this.#variables));
    const step = { words, guards: [], mayFail: false };
    const { script, isShell } = this.#scriptOf(ownWords(words));
    const steps = this.#follow(step, true, []);
    if (!isShell || isSignalled(words)) return { steps, shell: "none" };
    return { steps, shell: script === undefined ? "unread" : "read" };
  }

  #follow(step: Step, isFirst: boolean, callers: readonly string[]): Step[] {
    const depth = callers.length;
    const words = ownWords(step.words);
    const { script, given } = this.#scriptOf(words);
    const stays = isFirst && (depth === 0 || isSourced(words) || step.words[0] === "exec");
    if (script === undefined || depth === DEEPEST) return [isFirst ? step : unled(step)];
    const line = step.words.join(" ");
    const inside = stepsIn(script, this.#variables, [...callers, line].join("\n"));
    const isPassedOn = depth === 0 && inside.length === 1 && givesWay(words);
    let own = given;
    return inside.flatMap((inner) => {
      const all = inner.words.flatMap((word) => (/^\$[@*]$/.test(word) ? own : [word]));
      if (all[0] === "set" && all[1] === "--") {
        own = all.slice(2);
        return [];
      }
      const guards = [...step.guards, ...inner.guards];
      const mayFail = step.mayFail || inner.mayFail;
      const isLast = isPassedOn && this.#scriptOf(ownWords(all)).script !== undefined;
      const next = isLast && all[0] !== "exec" ? ["exec", ...all] : all;
      const calling = [...callers, `${line}\n${script}`];
      return this.#follow({ words: next, guards, mayFail }, stays, calling);
    });
  }

  /** The script that a command runs, and what it is given. */
  #scriptOf(words: readonly string[]): { script?: string; given: string[]; isShell: boolean } {
    const [name = "", ...args] = words;
    if (name === "eval") return { script: args.join(" "), given: [], isShell: true };
    if (isSourced(words)) return this.#file(args, true);
    if (!SHELL.test(name)) return this.#file(words, false);
    const { inline, rest } = optionsOf(args);
    if (!inline) return { ...this.#file(rest, true), isShell: true };
    const [script = "", , ...given] = rest;
    return { script, given, isShell: true };
  }

  #file([path = "", ...given]: readonly string[], isShell: boolean) {
    const full = path.startsWith("/") ? path : `${this.#container.workingDir ?? ""}/${path}`;
    const [source] = sourceAt(this.#workload, this.#container, full);
    const script = source && this.#files.read(source)?.toString();
    if (script === undefined) return { given, isShell };
    const isOthers = /^#!(?!.*sh\b)/.test(script);
    return isOthers ? { given, isShell: false } : { script, given, isShell: true };
  }
}

/** The shell's own options, and what comes after them. */
function optionsOf(args: readonly string[]): { inline: boolean; rest: string[] } {
  const rest = [...args];
  let inline = false;
  while (/^[-+]\w/.test(rest[0] ?? "") || rest[0] === "--") {
    const option = rest.shift() ?? "";
    if (/^-\w*c/.test(option)) inline = true;
    if (/^[-+]\w*o$/.test(option)) rest.shift();
  }
  return { inline, rest };
}

const LEADING =
  /^(?:\S*\/)?(?:exec|env|nice|nohup|command|time|busybox|sudo|tini|dumb-init|catatonit|setsid|!)$/;
const WITH_USER = /^(?:\S*\/)?(?:gosu|su-exec|chroot|timeout|setpriv)$/;

/** A command without what only leads to it: another user, another environment. */
export function ownWords(words: readonly string[]): string[] {
  const rest = [...words];
  let isLed = false;
  while (rest.length > 0) {
    const [word = ""] = rest;
    if (WITH_USER.test(word)) rest.splice(0, 2);
    else if (LEADING.test(word) || /^\w+=/.test(word)) rest.shift();
    else if (isLed && word.startsWith("-")) rest.shift();
    else break;
    isLed = true;
  }
  return rest;
}

/** Whether something before the shell passes signals on to all that it started. */
function isSignalled(words: readonly string[]): boolean {
  const [name = "", option = ""] = words;
  return /(?:^|\/)dumb-init$/.test(name) || (/(?:^|\/)tini$/.test(name) && /^-\w*g/.test(option));
}

/** Bash alone gives its place to the one command that it is called for. */
function givesWay([name = "", ...args]: readonly string[]): boolean {
  return /(?:^|\/)bash$/.test(name) && optionsOf(args).inline;
}

/** Whether a shell runs it itself. */
function isSourced([name = ""]: readonly string[]): boolean {
  return /^(?:\.|source|eval)$/.test(name);
}

/** A command of a script that another one waits for takes nobody's place. */
function unled(step: Step): Step {
  return step.words[0] === "exec" ? { ...step, words: step.words.slice(1) } : step;
}

function literal(variables: readonly Variable[]): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const { name, value } of variables) {
    if (value !== undefined) known.set(name, withVariables(`${value}`, known));
  }
  return known;
}

/** Kubernetes' own form of a variable. */
function withVariables(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$\((\w+)\)/g, (whole, name) => variables.get(name) ?? whole);
}

/** What a node is told to read: the file that it is given by an option. */
export function configPathOf(steps: readonly Step[]): string | undefined {
  const runs = steps.filter(({ words }) => words.includes("run"));
  return [...runs, ...steps].flatMap(({ words }) => optionIn(ownWords(words)) ?? [])[0];
}

function optionIn(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => /^(?:-c|--config)(?:=|$)/.test(word));
  if (at < 0 || SHELL.test(words[0] ?? "")) return undefined;
  const path = /=(.*)$/.exec(words[at] ?? "")?.[1] ?? words[at + 1];
  return path?.includes("$") ? undefined : path;
}
