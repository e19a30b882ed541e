import type { Call } from "../rpc.ts";
import type { Outcome } from "../rpc-answer.ts";
import { ruleOf } from "./rule.ts";
import { type Answer, contradicting, distance } from "./verdict.ts";

/** Answers in a row that are far off before a node is told of: any may lag for a moment. */
const STREAK = 8;

/** Blocks by which honest nodes may differ all the time. */
const NEAR = 16;

/** Tells of nodes that say otherwise than the quorum: each by its host, once a reason. */
export class Dissent {
  readonly #warn: (line: string) => void;
  readonly #told = new Set<string>();
  readonly #streaks = new Map<string, number>();

  constructor(warn: (line: string) => void) {
    this.#warn = warn;
  }

  /** Compares what all have said with what was decided. */
  note(call: Call, answers: Answer[], decided: Outcome): void {
    const { method } = call;
    for (const host of contradicting(call, answers, decided)) {
      this.#tell(`${host} contradicts the other RPC endpoints on ${method}, and is outvoted.`);
    }
    const rule = ruleOf(call);
    if (rule !== "newest" && method !== "eth_getTransactionCount") return;
    for (const { host, outcome } of answers) {
      const what = `${call.method} ${call.params.at(rule === "newest" ? 0 : 1)}`;
      const isOff = distance(outcome, decided) > (rule === "newest" ? NEAR : 0);
      const key = `${host} ${what}`;
      const streak = isOff ? (this.#streaks.get(key) ?? 0) + 1 : 0;
      this.#streaks.set(key, streak);
      if (streak < STREAK) continue;
      this.#tell(`${host} is far from the other RPC endpoints on ${what}: it lags, or is wrong.`);
    }
  }

  /** Fewer than usual have decided, because the others do not answer. */
  alone(answers: Answer[], hosts: string): void {
    const those = answers.map(({ host }) => host).join(", ");
    this.#tell(`Of the RPC endpoints ${hosts}, ${those} alone decides: no other answers.`);
  }

  #tell(line: string): void {
    if (this.#told.has(line)) return;
    this.#told.add(line);
    this.#warn(line);
  }
}
