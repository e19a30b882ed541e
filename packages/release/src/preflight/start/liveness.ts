import { type Finding, warning } from "../finding.ts";
import type { StatefulSet } from "../manifest.ts";
import type { Files } from "../pods/mounts.ts";
import { scriptOf } from "../pods/script.ts";
import { nodeOf, workloadOf } from "../pods/workload.ts";
import { CHAIN } from "./ordered.ts";

/** A height that has to be another one than before, or above something. */
const COMPARED = /\s-(?:gt|ge|lt|le|ne|eq)\s|\s[!=]?=\s|\b0x0\b|\(\([^()]*[<>][^()]*\)\)/;

/** Whether a program has ended well, or an answer came: what is compared there is no height. */
const ANSWERED = /\$\?\s+-(?:eq|ne)\s+0\b|(?:-(?:eq|ne)|[!=]?=)\s+(?:["']?(?:200|null)\b|""|'')/g;

/**
 * Whether a validator is killed where the chain stands still, or where it catches up: all of them
 * at once, again and again, and no block comes while those that are needed start anew.
 */
export function checkLiveness(set: StatefulSet, files: Files): Finding[] {
  const workload = workloadOf(set);
  const node = workload && nodeOf(workload);
  if (!workload || !node) return [];
  const command = node.livenessProbe?.exec?.command ?? [];
  const script = scriptOf(workload, { ...node, command, args: [] }, files);
  const text = ` ${script} `.replaceAll(/^\s*#.*$/gm, "").replaceAll(ANSWERED, " ");
  const isByGrowth = CHAIN.test(text) && COMPARED.test(text);
  if (!isByGrowth && !(/eth_syncing/.test(text) && /\bfalse\b/.test(text))) return [];
  const why =
    "Its livenessProbe seems to ask for blocks that follow, or for a node that is in step, and " +
    "Kubernetes kills it where there are none: all validators at once while the chain stands " +
    "still, and one that catches up again and again.";
  const next =
    "Let it ask whether the node answers, and no more; an " +
    "alert tells of a chain that stands still.";
  return [warning("live-by-blocks", `${workload.at}, container ${node.name}`, why, next)];
}
