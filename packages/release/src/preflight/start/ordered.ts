import { type Finding, warning } from "../finding.ts";
import type { StatefulSet } from "../manifest.ts";
import type { Files } from "../pods/mounts.ts";
import { probesOf } from "../pods/script.ts";
import { workloadOf } from "../pods/workload.ts";

/** What tells of a chain, and not of a node that answers. */
export const CHAIN = /block_?number|peer_?count|block_?height|\bheight\b/i;

/** A value that has to be another than before, or above something. */
const COMPARED = /\s-(?:gt|ge|lt|le|ne|eq)\s|[!=]=|\bsleep\b|\b0x0\b/;

/**
 * Whether the pods of a set begin one after another, and each is Ready only where there are others:
 * the first one waits for those that wait for it, when a chain begins and after all of it has
 * stopped.
 */
export function checkOrder(set: StatefulSet, files: Files): Finding[] {
  const workload = workloadOf(set);
  const { podManagementPolicy = "OrderedReady", replicas = 1 } = set.spec;
  if (!workload || replicas < 2 || podManagementPolicy !== "OrderedReady") return [];
  const asked = workload.pod.containers.flatMap((container) =>
    probesOf(workload, container, files).flatMap(({ words, guards }) => [
      ...words,
      ...guards.map(({ text }) => text),
    ]),
  );
  const text = ` ${asked.join(" ")} `;
  if (!CHAIN.test(text) || !COMPARED.test(text)) return [];
  const why =
    "Its pods begin one after another, each once the one before it is Ready, and its " +
    "probe seems to wait for blocks or peers: the first waits for the others, when " +
    "the chain begins and after a full stop.";
  const next =
    "Set podManagementPolicy to Parallel, or let the probe ask " +
    "whether the node answers, and no more.";
  return [warning("start-in-turn", workload.at, why, next)];
}
