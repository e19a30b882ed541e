import type { Address } from "@playbook/evm";
import type { Fork } from "../../src/plan/fork.ts";
import { findPassed, readLog } from "../../src/plan/reached.ts";
import { SENDER } from "./sender.ts";

/** As forge 1.7.1 writes it, colours included. */
const LOG = [
  "[2m2026-11-24T04:01:01.778920Z[0m [35mTRACE[0m foundry_evm_core::fork::multi: Creating " +
    "new fork, url=https://node.example/v2/key, block=Some(0)",
  "2026-11-24T04:01:01.778998Z TRACE foundry_evm_core::fork::multi: created new forkId " +
    'fork_id=ForkId("https://node.example/v2/key@0x0")',
  "2026-11-24T04:01:01.789110Z DEBUG reqwest::connect: starting " +
    "new connection: https://node.example/",
  "2026-11-24T04:01:01.799877Z DEBUG apply{id=rpc_1}: reqwest::connect: starting " +
    "new connection: https://other.example/",
].join("\n");

test("of forge's log there is only what it reached, and the rest is what it said", () => {
  expect(readLog(`Warning: one\n${LOG}\nError: script failed: two\n`)).toEqual({
    said: "Warning: one\nError: script failed: two\n",
    reached: { forked: ["https://node.example/v2/key"], hosts: ["other.example"] },
  });
});

test("a forge that logs nothing of the kind has reached nothing that is known", () => {
  const { said, reached } = readLog("Error: script failed\n");
  expect(said).toBe("Error: script failed\n");
  expect(reached).toEqual({ forked: [], hosts: [] });
});

/** A fork of a chain that has two URLs, on which the sender has that nonce. */
function fork(name: string, chainId: number, nonce: number): Fork {
  const rpcUrls = [{ http: `https://public.example/${name}` }];
  const live = { name, chainId, firstNonce: 3, urls: [`https://${name}.example/key`] };
  return {
    url: `http://127.0.0.1:${9000 + chainId}`,
    rpc: { send: async () => `0x${nonce.toString(16)}` },
    live: { ...live, metadata: { rpcUrls } },
  } as unknown as Fork;
}

const CHANGED = fork("alpha", 5, 4);
const UNTOUCHED = fork("beta", 6, 3);
const NOTHING = { forked: [] as string[], hosts: [] as string[] };

const passed = (
  reached: Partial<typeof NOTHING>,
  transactions: { chainId: number; rpc: string }[] = [],
  forks = [CHANGED, UNTOUCHED],
) =>
  findPassed(
    { reached: { ...NOTHING, ...reached }, transactions: transactions as never },
    SENDER as Address,
    forks,
  );

describe("a fork on which earlier scripts have done something is passed by", () => {
  test("by a transaction that was made elsewhere", async () => {
    const rpc = "https://alpha.example/key";
    expect(await passed({}, [{ chainId: 5, rpc }])).toEqual({
      fork: CHANGED,
      host: "alpha.example",
    });
  });

  test("by reading at one of the chain's own URLs", async () => {
    const found = await passed({ forked: ["https://public.example/alpha/"] });
    expect(found).toEqual({ fork: CHANGED, host: "public.example" });
  });

  test("by a request to a host that only this chain has", async () => {
    const found = await passed({ hosts: ["alpha.example"] });
    expect(found).toEqual({ fork: CHANGED, host: "alpha.example" });
  });
});

describe("nothing is passed by", () => {
  test("on the fork itself", async () => {
    const own = { chainId: 5, rpc: "http://127.0.0.1:9005/" };
    expect(await passed({ forked: ["http://127.0.0.1:9005"] }, [own])).toBeUndefined();
  });

  test("where nothing has happened yet, for there the fork is what the chain is", async () => {
    const rpc = "https://beta.example/key";
    expect(await passed({ forked: [rpc] }, [{ chainId: 6, rpc }])).toBeUndefined();
  });

  test("at a host that serves several of the chains, when it is not known which was meant", async () => {
    expect(await passed({ hosts: ["public.example"] })).toBeUndefined();
  });
});
