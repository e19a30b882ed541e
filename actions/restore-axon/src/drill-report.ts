import { ActionError, type Context, type Report, table } from "@playbook/action";
import { type Loss, lossText, timeText } from "@playbook/backup";
import { GENESIS } from "./claim.ts";
import type { Inputs, Prepared } from "./prepare.ts";
import { backupTable, baseText, catchUpMs, GROUPS } from "./summary.ts";

/** What a drill that passed has read back, and how long that took. */
export type Passed = { height: number; blocks: number; filledMs: number; startedMs: number };

/** What is known of a drill, however it ends. */
export type Seen = { began: number } & Partial<Pick<Prepared, "backup" | "base">> & { loss?: Loss };

/** What an audit reads, and a person: also of a drill that did not come to its backup. */
export function reportOf(
  { backup: wanted }: Inputs,
  { began, backup, base = null, loss }: Seen,
  result: Passed | ActionError,
  { clock }: Context,
): Report {
  const now = clock.now();
  const passed = result instanceof ActionError ? undefined : result;
  const ended = { result: passed ? "passed" : "failed", took: Math.round((now - began) / 1_000) };
  const failure = result instanceof ActionError && { failure: result };
  const which = wanted === undefined || wanted === "newest" ? "The newest backup" : wanted;
  const title = `## ${which} ${passed ? "can be restored" : "cannot be restored"}`;
  if (!backup) return { outputs: ended, summary: `${title}\n`, ...failure };
  const { manifest } = backup;
  const age = now - Date.parse(manifest.begunAt);
  const disaster = now - began + GROUPS * catchUpMs(manifest, base);
  const lost = loss ? `A disaster now would lose ${lossText(loss)}. ` : "";
  const summary = [
    title,
    backupTable(manifest),
    passed ? table(["", ""], rowsOf(passed, now - began, disaster)) : "",
    `${lost}The backup is ${timeText(age)} old.`,
    baseText(manifest, base),
  ];
  return {
    outputs: {
      ...{ backup: manifest.id, base: base?.id ?? GENESIS },
      ...{ ...ended, age: Math.round(age / 1_000) },
      ...{ height: passed?.height ?? manifest.block.height },
      ...(passed && { disaster: Math.round(disaster / 1_000) }),
      "lost-blocks": loss?.known ? loss.blocks : "unknown",
    },
    summary: `${summary.filter(Boolean).join("\n\n")}\n`,
    ...failure,
  };
}

function rowsOf(passed: Passed, tookMs: number, disasterMs: number): string[][] {
  return [
    ["read back", `block ${passed.height} and the ${passed.blocks} before it`],
    ["filling the volume", timeText(passed.filledMs)],
    ["until its blocks were there", timeText(passed.startedMs)],
    ["in all", timeText(tookMs)],
    ["a disaster would take, with what validators catch up", timeText(disasterMs)],
  ];
}
