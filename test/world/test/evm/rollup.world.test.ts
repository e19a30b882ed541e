import { Interface, Transaction } from "ethers";
import { type Chain, startChain } from "../../src/index.ts";
import { call, gwei, mined, richWallet } from "./wallet.ts";

const oracle = new Interface([
  "function getL1Fee(bytes) view returns (uint256)",
  "function gasEstimateL1Component(address, bool, bytes) returns (uint64, uint256, uint256)",
]);

async function answer(chain: Chain, to: string, name: string, args: unknown[]): Promise<bigint> {
  const data = oracle.encodeFunctionData(name, args);
  const result = await chain.send<string>("eth_call", [{ to, data }, "latest"]);
  return oracle.decodeFunctionResult(name, result)[0];
}

const noise = `0x${Array.from({ length: 600 }, (_, at) => ((at * 167 + 13) % 256).toString(16).padStart(2, "0")).join("")}`;

test("an OP chain charges for data beside the gas, as its receipt says, and less than its oracle", async () => {
  await using chain = await startChain({ id: 10, rollup: "op" });
  const wallet = await richWallet(chain);
  const raw = await wallet.transfer(0, { data: noise, gasLimit: 60_000n });
  const ask = () => answer(chain, "0x420000000000000000000000000000000000000F", "getL1Fee", [raw]);

  const [before, most] = [
    BigInt(await chain.send("eth_getBalance", [wallet.address, "latest"])),
    await ask(),
  ];
  await call(chain, "eth_sendRawTransaction", raw);
  await mined(chain, raw);
  const { json } = await call(chain, "eth_getTransactionReceipt", Transaction.from(raw).hash);
  const { gasUsed, effectiveGasPrice, l1Fee } = json.result;

  const after = BigInt(await chain.send("eth_getBalance", [wallet.address, "latest"]));
  expect(before - after).toBe(BigInt(gasUsed) * BigInt(effectiveGasPrice) + BigInt(l1Fee));
  expect(BigInt(l1Fee)).toBeGreaterThan(0n);
  expect(BigInt(l1Fee)).toBeLessThanOrEqual(most);

  await chain.setDataPrice(60n * gwei);
  expect(await ask()).toBeGreaterThan((most * 3n) / 2n);
});

test("an Arbitrum chain charges for data in gas: what has not enough for it is refused", async () => {
  await using chain = await startChain({ id: 42161, rollup: "arbitrum" });
  const wallet = await richWallet(chain);
  const execution = 21_000n + 16n * 600n;
  const data = await answer(
    chain,
    "0x00000000000000000000000000000000000000C8",
    "gasEstimateL1Component",
    [wallet.address, false, noise],
  );
  expect(data).toBe((710n * 4_800n * 11n) / 10n);

  const send = async (gasLimit: bigint) => {
    const raw = await wallet.transfer(0, { data: noise, gasLimit });
    const { json } = await call(chain, "eth_sendRawTransaction", raw);
    return { raw, json };
  };
  expect((await send(execution * 3n)).json.error.message).toBe("intrinsic gas too low");
  const { raw, json } = await send(execution + data);
  expect(json.result).toBe(Transaction.from(raw).hash);
  await mined(chain, raw);
  const receipt = (await call(chain, "eth_getTransactionReceipt", json.result)).json.result;
  expect(Number(receipt.gasUsedForL1)).toBe(710 * 4_800);
});
