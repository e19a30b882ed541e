import { posix } from "node:path";
import type { Container } from "../manifest.ts";
import { type Files, type Source, sourceAt } from "../pods/mounts.ts";
import { configsOf, isFilledIn, type NodeConfig } from "../pods/node-config.ts";
import { nodeOf, type Workload } from "../pods/workload.ts";

/**
 * A key file that a node is told to read: by which field of its configuration, and where it comes
 * from.
 */
export type KeyFile = { field: string; source: Source };

/** Where a node is told to look for a key file. */
export type KeyPath = {
  field: string;
  node: Container;
  path: string;
  /** What says so. */
  config: NodeConfig;
  /** Whether something is written in the place of a part of the path before. */
  isFilled: boolean;
};

const KEY_FILE = /^[ \t]*(\w*privkey_file)\s*=\s*["']([^"'\n]+)["']/gm;

/** The key files of the node's configuration. */
export function keyPathsOf(workload: Workload, files: Files): KeyPath[] {
  const node = nodeOf(workload);
  const [config, other] = configsOf(workload, files);
  if (!node || !config || other) return [];
  return [...config.text.matchAll(KEY_FILE)].flatMap(([, field = "", file = ""]) => {
    // Axon looks for them beside its configuration.
    const folder = config.path && posix.dirname(config.path);
    if (!folder && !file.startsWith("/")) return [];
    const path = posix.resolve(folder ?? "/", file);
    return { field, node, path, config, isFilled: isFilledIn(file) };
  });
}

/** Those of them that objects of the cluster may be behind. */
export function keyFilesOf(workload: Workload, files: Files): KeyFile[] {
  return keyPathsOf(workload, files).flatMap(({ field, node, path, isFilled }) => {
    const sources = sourceAt(workload, node, path);
    const own = isFilled
      ? sources.map((one) => ({ ...one, entry: null, isOwn: true }))
      : sources.filter((one) => !isAbsent(one, files));
    return own.map((source) => ({ field, source }));
  });
}

/** Whether a ConfigMap whose content is known has no such file. */
export function isAbsent(source: Source, files: Files): boolean {
  const { kind, entry } = source;
  return kind === "ConfigMap" && entry !== null && files.in(source)?.has(entry) === false;
}
