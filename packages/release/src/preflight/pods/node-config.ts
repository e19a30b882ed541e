import { posix } from "node:path";
import { containersOf, type Manifest, nameOf, podSpecOf } from "../manifest.ts";
import { expanded } from "../shell/shell.ts";
import { type Files, type Source, sourceAt, sourcesOf } from "./mounts.ts";
import { configPathOf, scriptOf, startOf } from "./script.ts";
import { nodeOf, type Workload } from "./workload.ts";

/** A configuration that a node has, or may have. */
export type NodeConfig = {
  at: string;
  text: string;
  /** Whether it is the file that the node is told to read, as it is. */
  isExact: boolean;
  /** Whether nothing of it may be told. */
  isSecret: boolean;
  /** Where the node finds it, if that is known. */
  path: string | undefined;
};

/** What a node is told to read; if that cannot be told, what its pod has that may be it. */
export function configsOf(workload: Workload, files: Files): NodeConfig[] {
  const node = nodeOf(workload);
  if (!node) return [];
  const told = configPathOf(startOf(workload, node, files).steps);
  const path = told && posix.resolve(node.workingDir ?? "/", told);
  const exact = path ? sourceAt(workload, node, path) : [];
  const read = exact.flatMap((source) => configIn(source, files, { isExact: true, path }));
  if (read.length > 0) return read;
  const filled = fillingOf(workload, files);
  return mayBe(workload, files, path).map((one) => ({ ...one, text: filled(one.text) }));
}

/** What programs write in the place of names before the node starts, as `envsubst` and `sed` do. */
function fillingOf(workload: Workload, files: Files): (text: string) => string {
  const scripts = containersOf(workload.pod).map((one) => scriptOf(workload, one, files));
  const known = variablesOf(workload, scripts.join("\n"));
  const written = scripts.flatMap((script) =>
    [...script.matchAll(WRITTEN)].map(([, , place = "", value = ""]) => [place, value] as const),
  );
  return (text) =>
    written
      .filter(([place, value]) => isFilledIn(place) && !isFilledIn(value))
      .reduce((all, [place, value]) => all.replaceAll(place, value), expanded(text, known));
}

/** `s|__DATA__|/data|`, as it is given to `sed`. */
const WRITTEN = /\bs([|#,@/])([^\s|#,/]{3,})\1((?:(?!\1)[^\s"'])+)\1/g;

/** Variables with one value each, which no script sets. */
function variablesOf({ pod }: Workload, scripts: string): Map<string, string> {
  const given = containersOf(pod).flatMap(({ env = [] }) =>
    env.flatMap(({ name, value }) => (value === undefined ? [] : [{ name, value: `${value}` }])),
  );
  const isSet = (name: string) => scripts.includes(`${name}=`);
  const isOne = ({ name, value }: (typeof given)[0]) =>
    !isSet(name) && given.every((other) => other.name !== name || other.value === value);
  return new Map(given.filter(isOne).map(({ name, value }) => [name, value]));
}

function mayBe({ pod }: Workload, files: Files, path: string | undefined): NodeConfig[] {
  const sources = (pod.volumes ?? []).flatMap(sourcesOf).flatMap(({ kind, name, items }) => {
    const all = [...(files.in({ kind, name })?.keys() ?? [])];
    const chosen = all.filter((entry) => !items || items.some(({ key }) => key === entry));
    return chosen.map((entry): Source => ({ kind, name, entry, isOwn: false }));
  });
  const found = sources.flatMap((source) => configIn(source, files, { isExact: false, path }));
  const named = found.filter(({ at }) => path && at.endsWith(`, ${posix.basename(path)}`));
  return named.length > 0 ? named : found;
}

/** Configurations of the release that no pod is seen to have. */
export function looseConfigs(manifests: readonly Manifest[], files: Files): NodeConfig[] {
  const taken = new Set(
    manifests
      .flatMap((object) => podSpecOf(object)?.volumes ?? [])
      .flatMap(sourcesOf)
      .map(({ kind, name }) => `${kind} ${name}`),
  );
  return manifests
    .filter((object) => files.in({ kind: object.kind, name: object.metadata.name }))
    .filter((object) => !taken.has(nameOf(object)))
    .flatMap(({ kind, metadata: { name } }) =>
      [...(files.in({ kind, name })?.keys() ?? [])].flatMap((entry) =>
        configIn({ kind, name, entry, isOwn: false }, files, { isExact: false, path: undefined }),
      ),
    );
}

function configIn(
  source: Source,
  files: Files,
  { isExact, path }: Pick<NodeConfig, "isExact" | "path">,
): NodeConfig[] {
  const { kind, name, entry } = source;
  const text = files.read(source)?.toString();
  if (text === undefined || dataPathIn(text) === undefined) return [];
  const at = `${kind} ${name}, ${entry}`;
  return [{ at, text, isExact, isSecret: kind === "Secret", path }];
}

/** The data_path of a configuration, which may be none that can be read whole. */
export function dataPathIn(text: string): string | undefined {
  const [, quoted, plain] = /^[ \t]*data_path\s*=\s*(?:"([^"\n]*)"|'([^'\n]*)')/m.exec(text) ?? [];
  return quoted ?? plain;
}

/** Whether something is written in the place of a part of it before the node reads it. */
export function isFilledIn(text: string): boolean {
  return /\$|\{\{|__\w+__|@\w+@|%\w+%|<\w+>/.test(text);
}
