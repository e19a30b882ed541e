import { type Clock, realClock } from "@playbook/action";
import { keccak256 } from "ethers";
import type { Wire } from "../endpoint.ts";
import { judgeRefusal } from "../refusal.ts";
import type { Call } from "../rpc.ts";
import type { Outcome } from "../rpc-answer.ts";
import { RpcUnreachable } from "../rpc-error.ts";
import { NodesDisagree } from "./disagree.ts";
import { Dissent } from "./dissent.ts";
import { Member } from "./member.ts";
import { ruleOf } from "./rule.ts";
import { type Answer, type Verdict, verdictOf } from "./verdict.ts";

export type QuorumTerms = {
  /** How many have to say alike what decides. */
  need: number;
  /** How many are enough while the others do not answer at all. */
  least: number;
  clock?: Clock | undefined;
  signal?: AbortSignal | undefined;
  /** Told of nodes by their host that are wrong, behind or away; each thing once. */
  warn?: ((line: string) => void) | undefined;
};

/** What a quorum has answered, is waited for this long at those that have not yet. */
const GRACE_MS = 1_000;

/** About 3 s of silence, or 30 s in which nodes may come to agree: one may restart, or lag. */
const ROUNDS_FOR_STRANGERS = 5;
const ROUNDS_FOR_FRIENDS = 12;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Several nodes of one chain as one: what decides is asked of all and believed when a quorum says
 * it (see `rule.ts`), bytes are handed to all, anything else is asked of one. What is asked at one
 * moment goes out as one batch to each node.
 */
export class Quorum implements Wire {
  readonly #members: Member[];
  readonly #terms: QuorumTerms;
  readonly #clock: Clock;
  readonly #dissent: Dissent;
  #answered = false;

  constructor(nodes: Wire[], terms: QuorumTerms) {
    this.#terms = terms;
    this.#clock = terms.clock ?? realClock;
    this.#members = nodes.map((node) => new Member(node, this.#clock));
    this.#dissent = new Dissent(terms.warn ?? (() => {}));
  }

  /** All hosts, fit to be printed. */
  get host(): string {
    return [...new Set(this.#members.map(({ host }) => host))].join(", ");
  }

  async send<Result>(method: string, ...params: unknown[]): Promise<Result> {
    const outcome = await this.#ask({ method, params });
    if ("error" in outcome) throw outcome.error;
    return outcome.result as Result;
  }

  all(calls: Call[]): Promise<Outcome[]> {
    return Promise.all(calls.map((call) => this.#ask(call)));
  }

  /**
   * Asks until there is an answer. Throws `NodesDisagree` when a quorum does not come about, and
   * `RpcUnreachable` when too few answer.
   */
  async #ask(call: Call): Promise<Outcome> {
    for (let round = 1; ; round += 1) {
      const { outcome, answers } = await this.#round(call);
      this.#answered ||= answers.length > 0;
      if (outcome) return outcome;
      if (round >= (this.#answered ? ROUNDS_FOR_FRIENDS : ROUNDS_FOR_STRANGERS)) {
        if (answers.length >= this.#terms.least) throw new NodesDisagree(call, answers);
        throw this.#unreachable();
      }
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** round, LONGEST_PAUSE_MS);
      await this.#clock.sleep(pause, this.#terms.signal);
    }
  }

  #round(call: Call): Promise<Round> {
    const rule = ruleOf(call);
    if (rule === "any") return this.#askOne(call);
    if (rule === "sent") return this.#askFirst(call);
    return this.#vote(call);
  }

  /** One after the other, until one answers. */
  async #askOne(call: Call): Promise<Round> {
    for (const member of this.#awake(1)) {
      const answer = await member.ask(call);
      if (answer) return { outcome: answer.outcome, answers: [answer] };
    }
    return { answers: [] };
  }

  /** Bytes go to all; one that takes them is enough, and the others get them all the same. */
  async #askFirst(call: Call): Promise<Round> {
    const hash = keccak256(String(call.params[0]));
    const { answers } = await this.#poll(call, this.#awake(1), (answers, complete) => {
      return complete || answers.some((answer) => trouble(answer, hash) === 0);
    });
    const [best] = answers.toSorted((one, other) => trouble(one, hash) - trouble(other, hash));
    return { answers, ...(best && { outcome: best.outcome }) };
  }

  async #vote(call: Call): Promise<Round> {
    const { need, least } = this.#terms;
    let verdict: Verdict;
    const polled = await this.#poll(call, this.#awake(least), (answers, complete) => {
      const needed = complete ? Math.max(least, Math.min(need, answers.length)) : need;
      verdict = verdictOf(call, answers, needed, complete);
      return complete || verdict !== undefined;
    });
    const { answers } = polled;
    if (answers.length < need && answers.length >= least) this.#dissent.alone(answers, this.host);
    if (verdict && "confirm" in verdict) return this.#confirm(call, verdict.confirm);
    const outcome = verdict?.outcome;
    // What is wrong may come in last: it is told of when it does.
    if (outcome) void polled.all.then((every) => this.#dissent.note(call, every, outcome));
    return { answers, ...(outcome && { outcome }) };
  }

  /** Nodes differ in their newest block: the one that a quorum has, by its number. */
  async #confirm(call: Call, number: number): Promise<Round> {
    const params = [`0x${number.toString(16)}`, ...call.params.slice(1)];
    const round = await this.#vote({ ...call, params });
    const isThere = round.outcome && "result" in round.outcome && round.outcome.result !== null;
    return isThere ? round : { answers: round.answers };
  }

  /**
   * Asks members at once until `enough` says so: `complete` when no further answer is waited for,
   * which is a while after as many as a quorum have answered. Who is late then is not waited for
   * again before it has answered.
   */
  #poll(
    call: Call,
    members: Member[],
    enough: (answers: Answer[], complete: boolean) => boolean,
  ): Promise<Polled> {
    const answers: Answer[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<Answer[]>();
    const pending = new Set(members);
    const decided = new AbortController();
    const judge = (complete: boolean) => {
      if (decided.signal.aborted || !enough([...answers], complete)) return;
      decided.abort();
      resolve([...answers]);
    };
    const giveUpLate = () => {
      for (const member of pending) member.isLate = true;
      judge(true);
    };
    const asking = members.map(async (member) => {
      const answer = await member.ask(call);
      pending.delete(member);
      if (answer) answers.push(answer);
      judge(pending.size === 0);
      if (answer && answers.length === this.#terms.need)
        this.#afterGrace(decided.signal, giveUpLate);
    });
    const all = Promise.all(asking).then(() => answers);
    all.catch(reject);
    return promise.then((found) => ({ answers: found, all: all.catch(() => found) }));
  }

  #afterGrace(decided: AbortSignal, work: () => void): void {
    if (!decided.aborted) this.#clock.sleep(GRACE_MS, decided).then(work, () => {});
  }

  /** Who answers by experience; everybody, when those are too few. */
  #awake(atLeast: number): Member[] {
    const awake = this.#members.filter((member) => member.isAwake);
    return awake.length >= atLeast ? awake : this.#members;
  }

  #unreachable(): RpcUnreachable {
    const failures = this.#members.flatMap(({ failure }) => failure ?? []);
    const words = failures.map(({ message }) => message).join("; ");
    return new RpcUnreachable(words, { cause: failures[0]?.cause });
  }
}

const TROUBLES = [
  "taken",
  "known",
  "nonce-spent",
  "fee-too-low",
  "too-early",
  "no-funds",
  "refused",
];

/**
 * How far bytes are from being taken, by a node's answer: one that calls them otherwise is no help.
 */
function trouble({ outcome }: Answer, hash: string): number {
  if ("error" in outcome) return TROUBLES.indexOf(judgeRefusal(outcome.error.message).verdict);
  return String(outcome.result).toLowerCase() === hash ? 0 : TROUBLES.length;
}

type Polled = {
  answers: Answer[];
  /** Those that came too late to count, too. */
  all: Promise<Answer[]>;
};

type Round = { outcome?: Outcome; answers: Answer[] };
