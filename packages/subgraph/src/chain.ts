import { ActionError, type Context } from "@playbook/action";
import { z } from "zod";
import { jsonOf, Service } from "./reach.ts";

/** A block by which a deployment can be told to stand on the chain, or not. */
export type Pointer = { number: number; hash: string };

const WHAT = "The chain's RPC";

const reply = z.object({ result: z.object({ hash: z.string() }).nullable() });

/** The chain itself. A node knows only what it was once told of it. */
export class Chain {
  readonly #url: string;
  readonly #service: Service;

  constructor(url: string, context: Context) {
    this.#url = url;
    this.#service = new Service({ what: WHAT, unreachable }, context);
  }

  /** Whether this is a block of the chain, and none that it gave up. Throws `rpc-unreachable`. */
  async has({ number, hash }: Pointer): Promise<boolean> {
    const params = [`0x${number.toString(16)}`, false];
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_getBlockByNumber", params });
    const headers = { "content-type": "application/json" };
    const answer = await this.#service.ask(this.#url, { method: "POST", headers, body });
    const parsed = reply.safeParse(jsonOf(answer));
    if (!parsed.success)
      throw unreachable(`It answers with status ${answer.status}, and no block.`);
    return parsed.data.result?.hash === hash;
  }
}

function unreachable(why: string): ActionError {
  return new ActionError("rpc-unreachable", {
    what: `${WHAT} cannot be reached.`,
    why,
    next: "Correct `rpc-url`, or leave it out; then run this again. What serves goes on serving.",
  });
}
