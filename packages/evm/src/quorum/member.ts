import type { Clock } from "@playbook/action";
import type { Wire } from "../endpoint.ts";
import type { Call } from "../rpc.ts";
import { RpcUnreachable } from "../rpc-error.ts";
import type { Answer } from "./verdict.ts";

/** A node that did not answer is left alone for so long, unless it is needed. */
const REST_MS = 15_000;

/** One of several nodes, and how it has answered lately. */
export class Member {
  readonly #node: Wire;
  readonly #clock: Clock;
  #restsUntil = 0;
  /** True when it still owes an answer that was not waited for. */
  isLate = false;
  /** Why it did not answer, when it did not. */
  failure: RpcUnreachable | undefined;

  constructor(node: Wire, clock: Clock) {
    this.#node = node;
    this.#clock = clock;
  }

  get host(): string {
    return this.#node.host;
  }

  get isAwake(): boolean {
    return !this.isLate && this.#clock.now() >= this.#restsUntil;
  }

  /** What it says; undefined when it does not answer. */
  async ask(call: Call): Promise<Answer | undefined> {
    try {
      const [outcome] = await this.#node.all([call]);
      this.isLate = false;
      this.#restsUntil = 0;
      this.failure = undefined;
      return outcome && { host: this.host, outcome };
    } catch (error) {
      if (!(error instanceof RpcUnreachable)) throw error;
      this.isLate = false;
      this.failure = error;
      this.#restsUntil = this.#clock.now() + REST_MS;
      return undefined;
    }
  }
}
