/** What a command takes away, or moves away, and whether it is sure to. */
export type Removed = { path: string; isSure: boolean };

/**
 * What a command removes with all that is in it; `fed` is what ran before it, the last one first.
 */
export function removedBy(words: readonly string[], fed: readonly string[][]): Removed[] {
  const [name = "", ...args] = words;
  if (/(?:^|\/)xargs$/.test(name)) return removedOf(args, fed);
  if (INTERPRETER.test(name)) return removedIn(args.join(" "));
  return pathsOf(name, args).map((path) => ({ path, isSure: true }));
}

function pathsOf(name: string, args: readonly string[]): string[] {
  const isAll = args.some((arg) => /^-[a-zA-Z]*[rR]|^--recursive$/.test(arg));
  const paths = args.filter((arg) => !arg.startsWith("-"));
  if (/(?:^|\/)rm$/.test(name) && isAll) return paths;
  if (/(?:^|\/)mv$/.test(name)) return paths.slice(0, -1);
  if (/(?:^|\/)rsync$/.test(name)) {
    return args.some((arg) => /^--del/.test(arg)) ? paths.slice(-1) : [];
  }
  const deletes = args.includes("-delete") || (args.includes("-exec") && args.includes("rm"));
  return name === "find" && deletes && !isOfSome(args) ? foldersOf(args) : [];
}

/** Whether `find` is asked for some files alone. */
function isOfSome(args: readonly string[]): boolean {
  return args.some((arg) =>
    /^-(?:i?name|i?path|i?regex|[acm](?:time|min)|newer\w*|size|empty)$/.test(arg),
  );
}

function foldersOf(args: readonly string[]): string[] {
  const option = args.findIndex((arg) => arg.startsWith("-"));
  return option < 0 ? [...args] : args.slice(0, option);
}

const FILTER = /^(?:grep|sort|head|tail|tr|sed|awk|cut)$/;

/** What `xargs rm` is given: by its own words, or by what lists files before it. */
function removedOf(args: readonly string[], fed: readonly string[][]): Removed[] {
  const at = args.findIndex((arg) => /(?:^|\/)rm$/.test(arg));
  if (at < 0) return [];
  const own = args.slice(at + 1).filter((arg) => !arg.startsWith("-"));
  const from = fed.findIndex(([first = ""]) => !FILTER.test(first));
  const isSure = !fed.slice(0, from).some(chooses);
  const [name, ...listed] = fed[from] ?? [];
  if (name === "find" && isOfSome(listed)) return [];
  const folders = name === "find" ? foldersOf(listed) : name === "ls" ? pathsOnly(listed) : [];
  return (own.length > 0 ? own : folders).map((path) => ({ path, isSure }));
}

/** Whether a filter leaves out more than a thing or two. */
function chooses([name = "", ...args]: readonly string[]): boolean {
  if (name === "grep") return !args.some((arg) => /^-\w*v/.test(arg));
  return /^(?:head|tail|awk)$/.test(name);
}

function pathsOnly(args: readonly string[]): string[] {
  return args.filter((arg) => arg.startsWith("/"));
}

const INTERPRETER = /(?:^|\/)(?:python[\d.]*|perl|ruby|node)$/;
const CALLED = /\b(?:rmtree|rm_rf?|rmSync|remove_tree)\s*\(?\s*["']?(\/[^\s"',)]+)/g;

/** What a script of another language removes by name: what it asks before is not read. */
function removedIn(script: string): Removed[] {
  return [...script.matchAll(CALLED)].map(([, path = ""]) => ({ path, isSure: false }));
}
