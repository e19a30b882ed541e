import { posix } from "node:path";
import { type Files, type Source, sourceAt } from "../pods/mounts.ts";
import { configsOf, isFilledIn } from "../pods/node-config.ts";
import { nodeOf, type Workload } from "../pods/workload.ts";

/**
 * A key file that a node is told to read: by which field of its configuration, and where it comes
 * from.
 */
export type KeyFile = { field: string; source: Source };

const KEY_FILE = /^[ \t]*(\w*privkey_file)\s*=\s*["']([^"'\n]+)["']/gm;

/** The key files of the node's configuration, where objects of the cluster are behind them. */
export function keyFilesOf(workload: Workload, files: Files): KeyFile[] {
  const node = nodeOf(workload);
  const [config, other] = configsOf(workload, files);
  if (!node || !config || other) return [];
  return [...config.text.matchAll(KEY_FILE)].flatMap(([, field = "", file = ""]) => {
    // Axon looks for them beside its configuration.
    const folder = config.path && posix.dirname(config.path);
    if (!folder && !file.startsWith("/")) return [];
    const sources = sourceAt(workload, node, posix.resolve(folder ?? "/", file));
    const own = isFilledIn(file)
      ? sources.map((one) => ({ ...one, entry: null, isOwn: true }))
      : sources;
    return own.map((source) => ({ field, source }));
  });
}
