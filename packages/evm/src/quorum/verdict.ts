import type { Call } from "../rpc.ts";
import type { Outcome } from "../rpc-answer.ts";
import { essenceOf, isNothing, nothingOf, type Rule, ruleOf } from "./rule.ts";

/** What one node said. */
export type Answer = { host: string; outcome: Outcome };

/**
 * What a quorum says; `confirm` when it has reached a block of that number, but has not said alike
 * which; undefined while it says nothing.
 */
export type Verdict = { outcome: Outcome } | { confirm: number } | undefined;

type Given = { call: Call; answers: Answer[]; need: number };

/**
 * Decides by the answers so far. As long as fewer than `need` nodes lie, nothing is decided that no
 * honest node has said. `complete` is false while more answers may come.
 */
export function verdictOf(call: Call, answers: Answer[], need: number, complete: boolean): Verdict {
  const given = { call, answers, need };
  const rule = ruleOf(call);
  const agreed = rule === "same" || rule === "found" ? agreedOn(given) : undefined;
  if (agreed) return agreed;
  if (!complete || answers.length < need) return undefined;
  return refusedBy(given) ?? settled(rule, given);
}

function settled(rule: Rule, given: Given): Verdict {
  if (rule === "found") return nothingFound(given);
  if (rule === "reached") return reached(given);
  return rule === "newest" ? newest(given) : undefined;
}

/** What `need` nodes say alike; of `found`, only what there is. */
function agreedOn({ call, answers, need }: Given): Verdict {
  const isSame = ruleOf(call) === "same";
  const results = resultsOf(answers).filter((result) => isSame || !isNothing(result));
  const groups = Map.groupBy(results, (result) => essenceOf(call, result));
  const agreed = [...groups.values()].find(({ length }) => length >= need);
  return agreed && { outcome: { result: agreed[0] } };
}

/** Not known to a quorum yet; but what two know differently is a contradiction, and no absence. */
function nothingFound({ call, answers, need }: Given): Verdict {
  const results = resultsOf(answers);
  const known = results.filter((result) => !isNothing(result));
  const versions = new Set(known.map((result) => essenceOf(call, result)));
  if (versions.size > 1 || results.length < need) return undefined;
  return { outcome: { result: nothingOf(call) } };
}

function reached({ answers, need }: Given): Verdict {
  const results = resultsOf(answers).filter((one) => /^0x[0-9a-f]+$/i.test(String(one)));
  const numbers = results.map((result) => BigInt(result as string)).sort(descending);
  const number = numbers[need - 1];
  return number === undefined ? undefined : { outcome: { result: `0x${number.toString(16)}` } };
}

type Block = { number: string };

/** A young chain has no block of a tag yet. */
function newest({ call, answers, need }: Given): Verdict {
  const blocks = resultsOf(answers) as (Block | null)[];
  const numbers = blocks.map((block) => BigInt(block?.number ?? -1)).sort(descending);
  const number = numbers[need - 1];
  if (number === undefined) return undefined;
  if (number < 0n) return { outcome: { result: null } };
  const there = blocks.filter((block) => block !== null && BigInt(block.number) === number);
  return agreedOn({ call, answers: there.map(said), need }) ?? { confirm: Number(number) };
}

const said = (result: unknown): Answer => ({ host: "", outcome: { result } });

/** What a quorum refuses is refused. */
function refusedBy({ answers, need }: Given): Verdict {
  const refusals = answers.filter(({ outcome }) => "error" in outcome);
  const [first] = refusals;
  return first && refusals.length >= need ? { outcome: first.outcome } : undefined;
}

/** The nodes whose answer contradicts what was decided: others may only not know it yet. */
export function contradicting(call: Call, answers: Answer[], decided: Outcome): string[] {
  const rule = ruleOf(call);
  if ("error" in decided || isNothing(decided.result)) return [];
  if (rule !== "same" && rule !== "found") return [];
  const essence = essenceOf(call, decided.result);
  const isEmpty = (result: unknown) => isNothing(result) || result === "0x";
  return answers.flatMap(({ host, outcome }) => {
    if ("error" in outcome || isEmpty(outcome.result)) return [];
    return essenceOf(call, outcome.result) === essence ? [] : [host];
  });
}

/** How far a node's number is from what was decided; 0 for what is no number. */
export function distance(answer: Outcome, decided: Outcome): number {
  const [one, other] = [numberOf(answer), numberOf(decided)];
  return one === undefined || other === undefined ? 0 : Math.abs(one - other);
}

function numberOf(outcome: Outcome): number | undefined {
  if ("error" in outcome) return undefined;
  const result = outcome.result as string | Block | null;
  const number = Number(typeof result === "string" ? result : result?.number);
  return Number.isNaN(number) ? undefined : number;
}

function resultsOf(answers: Answer[]): unknown[] {
  return answers.flatMap(({ outcome }) => ("error" in outcome ? [] : [outcome.result ?? null]));
}

function descending(one: bigint, other: bigint): number {
  return one > other ? -1 : Number(one < other);
}
