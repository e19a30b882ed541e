import { ask, type Clock, connectionError, realClock } from "@playbook/action";
import { hostOf } from "./host.ts";
import { type Outcome, type Reading, readAnswer } from "./rpc-answer.ts";
import { RpcUnreachable } from "./rpc-error.ts";
import { together } from "./together.ts";

export type Call = { method: string; params: unknown[] };

/**
 * Tries of each URL before it is given up: about 3 s of silence, or 30 s from one that did answer.
 */
const ROUNDS_FOR_A_STRANGER = 5;
const ROUNDS_FOR_A_FRIEND = 10;

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
const LONGEST_ASKED_PAUSE_MS = 60_000;

/** A batch at most: calls, and characters of what they say. Providers refuse what is far beyond. */
const BATCH = 100;
const BATCH_LENGTH = 256 * 1024;
const REQUESTS_AT_ONCE = 16;

/**
 * JSON-RPC over HTTP to one chain, through any of several URLs: the first that answers is kept
 * until it fails. Calls that are made at one moment go out as one batch, in order. Waits as
 * `Retry-After` or the node's own words ask for. All methods used are safe to repeat; sending the
 * same signed bytes twice is, too.
 */
export class Rpc {
  readonly #urls: string[];
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #tries: number | undefined;
  #current = 0;
  #batches = true;
  #answered = false;
  #lastId = 0;
  readonly #ask = together((calls: Call[]) => this.#askAll(calls));

  /** With `tries`, each URL is given up after so many; else after what is usual. */
  constructor(
    urls: string[],
    options: { clock?: Clock; signal?: AbortSignal; tries?: number } = {},
  ) {
    this.#urls = urls;
    this.#clock = options.clock ?? realClock;
    this.#signal = options.signal;
    this.#tries = options.tries;
  }

  /** The host in use, fit to be printed. */
  get host(): string {
    return hostOf(this.#url());
  }

  /** One call. Throws `RpcError` when the node refuses, `RpcUnreachable` when none answers. */
  async send<Result>(method: string, ...params: unknown[]): Promise<Result> {
    const outcome = await this.#ask({ method, params });
    if ("error" in outcome) throw outcome.error;
    return outcome.result as Result;
  }

  /** Several calls in as few round trips as the node allows; outcomes in the order of the calls. */
  all(calls: Call[]): Promise<Outcome[]> {
    return Promise.all(calls.map((call) => this.#ask(call)));
  }

  /** Batches beside each other; one after the other where a node must get transactions in order. */
  async #askAll(calls: Call[]): Promise<Outcome[]> {
    const sends = calls.some(({ method }) => method === "eth_sendRawTransaction");
    const atOnce = sends ? 1 : REQUESTS_AT_ONCE;
    const outcomes = await inTurns(batches(calls), atOnce, (group) => this.#group(group));
    return outcomes.flat();
  }

  /** A batch; one by one from now on if the node does not take batches. */
  async #group(calls: Call[]): Promise<Outcome[]> {
    if (this.#batches && calls.length > 1) {
      const outcomes = await this.#exchange(calls);
      if (outcomes) return outcomes;
      this.#batches = false;
    }
    return inTurns(calls, REQUESTS_AT_ONCE, (call) => this.#one(call));
  }

  async #one(call: Call): Promise<Outcome> {
    const [outcome] = (await this.#exchange([call])) ?? [];
    if (!outcome) throw new RpcUnreachable(`${this.host} answered nothing.`);
    return outcome;
  }

  /** The outcomes; undefined when a batch was answered by something else than its outcomes. */
  async #exchange(calls: Call[]): Promise<Outcome[] | undefined> {
    for (let attempt = 0; ; attempt += 1) {
      const url = this.#url();
      const requests = calls.map((call) => ({ jsonrpc: "2.0", id: ++this.#lastId, ...call }));
      const reading = await this.#post(url, requests);
      if ("outcomes" in reading) {
        this.#answered = true;
        return reading.outcomes;
      }
      if (reading.batchRefused) return undefined;

      const { failure, cause } = reading;
      if (this.#url() === url) this.#current += 1;
      const hopeless = this.#urls.length === 1 && connectionError(hostOf(url), cause);
      if (hopeless || attempt + 1 >= this.#rounds() * this.#urls.length) {
        throw new RpcUnreachable(`${this.#hosts()}: ${failure}`, { cause });
      }
      await this.#pause(attempt, reading.pauseMs);
    }
  }

  async #post(url: string, requests: { id: number }[]): Promise<Reading> {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify(requests.length === 1 ? requests[0] : requests);
    try {
      const answer = await ask(url, { method: "POST", headers, body, signal: this.#signal });
      return readAnswer(requests, answer, this.#clock.now());
    } catch (error) {
      if (this.#signal?.aborted) throw this.#signal.reason;
      return { failure: nameOf(error), cause: error };
    }
  }

  #rounds(): number {
    return this.#tries ?? (this.#answered ? ROUNDS_FOR_A_FRIEND : ROUNDS_FOR_A_STRANGER);
  }

  /** Twice as long with every round; not at all before the other URLs were tried once. */
  async #pause(attempt: number, asked = 0): Promise<void> {
    const round = Math.floor(attempt / this.#urls.length);
    const others = this.#urls.length > 1 && (attempt + 1) % this.#urls.length !== 0;
    if (others && round === 0) return;
    const own = Math.min(FIRST_PAUSE_MS * 2 ** round, LONGEST_PAUSE_MS);
    const ms = Math.max(own, Math.min(asked, LONGEST_ASKED_PAUSE_MS));
    await this.#clock.sleep(ms, this.#signal);
  }

  #url(): string {
    return this.#urls[this.#current % this.#urls.length] as string;
  }

  #hosts(): string {
    return [...new Set(this.#urls.map(hostOf))].join(", ");
  }
}

/** A failed connection in a word: of several addresses' failures Node gives the code alone. */
function nameOf(error: unknown): string {
  const { message, code, name } = error as { message?: string; code?: string; name?: string };
  return message || code || name || "no connection";
}

/** All of them, a few at a time; results in the order of the items. */
async function inTurns<Item, Result>(
  items: Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = [...items.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      results[next[0]] = await work(next[1]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}

/** In order, as many together as a batch holds. */
function batches(calls: Call[]): Call[][] {
  const groups: Call[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const call of calls) {
    const own = lengthOf(call);
    const last = groups.at(-1);
    if (last && last.length < BATCH && length + own <= BATCH_LENGTH) last.push(call);
    else {
      groups.push([call]);
      length = 0;
    }
    length += own;
  }
  return groups;
}

/** Characters of a call, but for what is always short. */
function lengthOf({ params }: Call): number {
  return params.reduce<number>((sum, one) => sum + (typeof one === "string" ? one.length : 0), 0);
}
