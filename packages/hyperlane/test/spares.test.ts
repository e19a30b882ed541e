import type { Address, Hex } from "@playbook/evm";
import { getCreateAddress } from "ethers";
import { interfaceOf, runtimeOf } from "../src/contract.ts";
import { Look } from "../src/look.ts";
import type { Desired, StandingCore, TokenPrice } from "../src/model.ts";
import { readSpares } from "../src/read-spares.ts";
import { Spares } from "../src/spares.ts";
import { account, SAFE } from "./wishes.ts";

const CONTRACT = "StorageGasOracle";
const SIGNER = account(30);
const ORACLE = getCreateAddress({ from: SIGNER, nonce: 0 }) as Address;

const price = (domain: number, gasPrice: bigint, tokenExchangeRate: bigint): TokenPrice => {
  return { domain, gasPrice, tokenExchangeRate };
};

/** A node of a chain where the signer has made an oracle that belongs to somebody and says this. */
function wireTo(owner: Address, prices: TokenPrice[]) {
  const send = async <Answer>(method: string, ...params: unknown[]) => {
    const [first] = params;
    if (method === "eth_getCode") {
      return (first === ORACLE ? runtimeOf(CONTRACT) : "0x") as Answer;
    }
    const call = interfaceOf(CONTRACT).parseTransaction(first as { data: Hex });
    const [domain] = [...(call?.args ?? [])].map(Number);
    const found = prices.find((one) => one.domain === domain);
    const said = [found?.tokenExchangeRate ?? 0n, found?.gasPrice ?? 0n];
    const answers: Record<string, unknown[]> = { owner: [owner], remoteGasData: said };
    return interfaceOf(CONTRACT).encodeFunctionResult(
      ...[call?.fragment ?? "", answers[call?.name ?? ""]],
    ) as Answer;
  };
  return { send };
}

/** The oracle that is used for what a paymaster shall say, and belongs to whom it shall. */
async function usedFor(wished: TokenPrice[], owner: Address, said: TokenPrice[]) {
  const hook = { type: "merkleTreeHook", address: account(31) };
  const core = { mailbox: account(32), defaultIsm: { type: "testIsm", address: account(33) } };
  const igp = {
    type: "interchainGasPaymaster",
    tokens: [],
    remotes: [price(7, 0n, 0n), ...wished],
  };
  const spares = await readSpares(new Look(wireTo(owner, said), 1), {
    desired: { requiredHook: hook, defaultHook: igp } as unknown as Desired,
    core: { ...core, requiredHook: hook, defaultHook: hook } as unknown as StandingCore,
    ...{ signer: SIGNER, nonce: 1, addresses: {} },
  });
  return new Spares(spares, SIGNER).oracle(SAFE, wished)?.address;
}

test("an oracle that waits for its paymaster is used if it says just what it shall", async () => {
  const wished = [price(8, 2n, 3n)];

  expect(await usedFor(wished, SAFE, wished)).toBe(ORACLE);
  expect(await usedFor(wished, SAFE, [price(8, 2n, 4n)])).toBeUndefined();
  expect(await usedFor(wished, SAFE, [...wished, price(7, 2n, 3n)])).toBeUndefined();
});

test("it may say that gas costs nothing", async () => {
  const wished = [price(8, 0n, 3n), price(9, 0n, 0n)];

  expect(await usedFor(wished, SAFE, wished)).toBe(ORACLE);
  expect(await usedFor(wished, SAFE, [])).toBeUndefined();
});

test("one that says nothing yet is told, if it is still the signer's", async () => {
  const wished = [price(8, 2n, 3n)];

  expect(await usedFor(wished, SIGNER, [])).toBe(ORACLE);
  expect(await usedFor(wished, SAFE, [])).toBeUndefined();
  expect(await usedFor(wished, SIGNER, [price(7, 1n, 1n)])).toBeUndefined();
});
