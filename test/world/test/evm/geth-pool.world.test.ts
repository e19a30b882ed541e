import { type Chain, type ChainOptions, startChain } from "../../src/index.ts";
import { call, gwei, richWallet } from "./wallet.ts";

const chainWith = (options: Partial<ChainOptions>) =>
  startChain({ id: 5, mining: "manual", pool: "geth", ...options });

const send = async (chain: Chain, raw: string) =>
  (await call(chain, "eth_sendRawTransaction", raw)).json;

const poolSize = async (chain: Chain) => {
  const { pending, queued } = await chain.send<Record<string, string>>("txpool_status");
  return { pending: Number(pending), queued: Number(queued) };
};

test("the seventeenth of a sender gets a hash and is gone, and those after it wait", async () => {
  await using chain = await chainWith({});
  const wallet = await richWallet(chain);
  const raws = await Promise.all(Array.from({ length: 20 }, (_, nonce) => wallet.transfer(nonce)));

  for (const raw of raws) expect(await send(chain, raw)).toHaveProperty("result");
  expect(await poolSize(chain)).toEqual({ pending: 16, queued: 3 });

  await chain.mine();
  expect(await chain.nonce(wallet.address)).toBe(16);
});

test("or is refused, where the node is set to", async () => {
  await using chain = await chainWith({ pool: { executable: 2, overflow: "txpool is full" } });
  const wallet = await richWallet(chain);
  await send(chain, await wallet.transfer(0));
  await send(chain, await wallet.transfer(1));

  expect(await send(chain, await wallet.transfer(2))).toMatchObject({
    error: { code: -32000, message: "txpool is full" },
  });
});

test("a replacement needs 10 % more on both fees", async () => {
  await using chain = await chainWith({});
  const wallet = await richWallet(chain);
  await send(chain, await wallet.transfer(0));

  const cheap = await wallet.transfer(0, { maxFeePerGas: 11n * gwei });
  const dear = await wallet.transfer(0, {
    maxFeePerGas: 11n * gwei,
    maxPriorityFeePerGas: (11n * gwei) / 10n,
  });

  expect(await send(chain, cheap)).toMatchObject({
    error: { message: "replacement transaction underpriced" },
  });
  expect(await send(chain, dear)).toHaveProperty("result");
  expect(await poolSize(chain)).toEqual({ pending: 1, queued: 0 });
});

test("what the pool or the chain already has is refused in geth's words", async () => {
  await using chain = await chainWith({});
  const wallet = await richWallet(chain);
  const raw = await wallet.transfer(0);
  await send(chain, raw);

  expect(await send(chain, raw)).toMatchObject({
    error: { code: -32000, message: "already known" },
  });
  await chain.mine();
  expect(await send(chain, raw)).toMatchObject({
    error: { code: -32000, message: "nonce too low: next nonce 1, tx nonce 0" },
  });
});

test("what came past the proxy counts as well", async () => {
  await using chain = await chainWith({ pool: { executable: 2 } });
  const wallet = await richWallet(chain);
  const raws = await Promise.all([0, 1, 2].map((nonce) => wallet.transfer(nonce)));
  await chain.send("eth_sendRawTransaction", [raws[0]]);

  expect(await send(chain, raws[0] as string)).toMatchObject({
    error: { message: "already known" },
  });
  for (const raw of raws.slice(1)) await send(chain, raw);

  expect(await poolSize(chain)).toEqual({ pending: 2, queued: 0 });
});

test("transactions sent at once are judged one after the other", async () => {
  await using chain = await chainWith({ pool: { executable: 3 } });
  const wallet = await richWallet(chain);
  const raws = await Promise.all([0, 1, 2, 3, 4].map((nonce) => wallet.transfer(nonce)));

  await Promise.all(raws.map((raw) => send(chain, raw)));

  expect(await poolSize(chain)).toEqual({ pending: 3, queued: 1 });
});

test("the highest nonces go when a gap is closed and there is no room for all", async () => {
  await using chain = await chainWith({ pool: { executable: 2, queued: 5 } });
  const wallet = await richWallet(chain);
  for (const nonce of [1, 2, 3]) await send(chain, await wallet.transfer(nonce));
  expect(await poolSize(chain)).toEqual({ pending: 0, queued: 3 });

  await send(chain, await wallet.transfer(0));

  expect(await poolSize(chain)).toEqual({ pending: 2, queued: 0 });
});

test("a chain without base fee refuses type 2 and takes legacy transactions", async () => {
  await using chain = await chainWith({ fees: "legacy" });
  const wallet = await richWallet(chain);

  expect(await send(chain, await wallet.transfer(0))).toMatchObject({
    error: { message: expect.stringContaining("pool not yet in London") },
  });
  expect(await send(chain, await wallet.transfer(0, { gasPrice: 2n * gwei }))).toHaveProperty(
    "result",
  );
  expect(await send(chain, await wallet.transfer(1, { gasPrice: 2n * gwei, chainId: 6 }))).toEqual({
    jsonrpc: "2.0",
    id: 1,
    error: {
      code: -32000,
      message: "invalid sender: invalid chain id for signer: have 6 want 5",
    },
  });
});
