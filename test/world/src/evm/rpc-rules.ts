import type { RpcCall } from "./rpc.ts";

/** How a connection is taken from the caller: ended, reset (RST), or left open without a word. */
export type Cut = "close" | "reset" | "hang";

/** What happens to a call. Where a batch holds several, a cut or a status is the whole batch's. */
export type Action =
  /** The node never sees the call. */
  | { kind: "drop"; how?: Cut }
  /** The node does what it was asked, and the caller never hears of it. */
  | { kind: "lose-reply"; how?: Cut }
  | { kind: "delay"; ms: number }
  | { kind: "status"; status: number; retryAfterSeconds?: number; body?: string }
  | { kind: "error"; code: number; message: string; data?: unknown }
  /** A node that is `blocks` behind answers. */
  | { kind: "stale"; blocks: number }
  /** A node that lies: what it says in place of what it knows. */
  | { kind: "lie"; as: (result: unknown) => unknown }
  /** `eth_sendRawTransaction` answers with the right hash, and the transaction goes nowhere. */
  | { kind: "swallow" };

export type Rule = {
  /** The methods concerned; without it, every method. */
  method?: string | RegExp;
  /** Only these calls of the method count. */
  where?: (call: RpcCall) => boolean;
  /** The first of the rule's calls that it strikes, counted from 1 when the rule is made. */
  nth?: number;
  /** How many calls in a row it strikes: 1, or Infinity. */
  times?: number;
  action: Action;
};

/** Whether a rule has anything to do with a call. */
export function concerns({ method, where }: Rule, call: RpcCall): boolean {
  if (typeof method === "string" && method !== call.method) return false;
  if (method instanceof RegExp && !method.test(call.method)) return false;
  return where?.(call) ?? true;
}

/** Whether a rule strikes the `count`th (from 1) of its calls. */
export function strikes({ nth = 1, times = 1 }: Rule, count: number): boolean {
  return count >= nth && count < nth + times;
}

/**
 * The rules in force and what each has seen. The oldest that strikes decides; the others count on.
 */
export class RuleBook {
  #entries: { rule: Rule; seen: number; hits: number }[] = [];

  add(rule: Rule): { readonly hits: number; remove(): void } {
    const entry = { rule, seen: 0, hits: 0 };
    this.#entries.push(entry);
    return {
      get hits() {
        return entry.hits;
      },
      remove: () => {
        this.#entries = this.#entries.filter((other) => other !== entry);
      },
    };
  }

  clear(): void {
    this.#entries = [];
  }

  actionFor(call: RpcCall): Action | undefined {
    const concerned = this.#entries.filter(({ rule }) => concerns(rule, call));
    for (const entry of concerned) entry.seen += 1;

    const striking = concerned.find(({ rule, seen }) => strikes(rule, seen));
    if (striking) striking.hits += 1;
    return striking?.rule.action;
  }
}
