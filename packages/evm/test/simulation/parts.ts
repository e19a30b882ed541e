import type { Store } from "@playbook/state";
import type { Wire } from "../../src/endpoint.ts";
import { type Address, type Hex, RpcError, type Signer } from "../../src/index.ts";
import { type ModelChain, SENDER } from "./model-chain.ts";
import type { Fate, Turns, Weight } from "./turns.ts";

/** A writer's line to the chain: faults are retried on it, as the RPC client does. */
export function wireTo(chain: ModelChain, turns: Turns, writer: string): Wire {
  const send = async <Result>(method: string, ...params: unknown[]): Promise<Result> => {
    for (;;) {
      const visible = method === "eth_sendRawTransaction";
      const fate = await turns.take(writer, visible ? "visible" : "silent");
      if (fate.kind === "fail") continue;
      const outcome = attempt(() => chain.answer(method, params, lagOf(fate)));
      if (fate.kind === "lose-reply") continue;
      if (outcome.error) throw outcome.error;
      return outcome.result as Result;
    }
  };
  return {
    host: "model",
    send,
    all: (calls) =>
      Promise.all(
        calls.map(async ({ method, params }) => ({ result: await send(method, ...params) })),
      ),
  };
}

function lagOf(fate: Fate): number {
  return fate.kind === "stale" ? fate.blocks : 0;
}

function attempt(work: () => unknown): { result?: unknown; error?: RpcError } {
  try {
    return { result: work() };
  } catch (error) {
    if (error instanceof RpcError) return { error };
    throw error;
  }
}

/** What a store does when it cannot be reached. */
export class StoreDown extends Error {}

/** A writer's line to objects that are created once. */
export function storeOf(objects: Map<string, Uint8Array>, turns: Turns, writer: string): Store {
  const reach = async <Result>(work: () => Result, weight?: Weight): Promise<Result> => {
    const fate = await turns.take(writer, weight);
    if (fate.kind === "fail") throw new StoreDown("no connection");
    const result = work();
    if (fate.kind === "lose-reply") throw new StoreDown("time-out");
    return result;
  };
  return {
    location: "model",
    create: (key, bytes) =>
      reach(() => {
        if (objects.has(key)) return "taken";
        objects.set(key, bytes);
        return "created";
      }, "visible"),
    read: (key) => reach(() => objects.get(key)),
    list: (prefix, after = "") =>
      reach(() =>
        [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort(),
      ),
  };
}

/** Signatures that nobody checks: what is told apart are the bytes below them. */
export function signerOf(turns: Turns, writer: string): Signer {
  const half = `0x${"11".repeat(32)}` as Hex;
  return {
    address: SENDER as Address,
    sign: async () => {
      await turns.take(writer);
      return { r: half, s: half, yParity: 0 };
    },
  };
}
