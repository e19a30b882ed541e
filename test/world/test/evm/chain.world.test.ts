import { keccak256 } from "ethers";
import { startChain } from "../../src/index.ts";
import { call, gwei, mined, richWallet } from "./wallet.ts";

type Block = { number: string; hash: string; timestamp: string; baseFeePerGas?: string };

const send = (chain: Parameters<typeof call>[0], raw: string) =>
  call(chain, "eth_sendRawTransaction", raw);

test("a chain mines each transaction at once, unless it is told otherwise", async () => {
  await using auto = await startChain({ id: 1 });
  await using manual = await startChain({ id: 2, mining: "manual" });
  const rich = await richWallet(auto);
  const waiting = await richWallet(manual);

  const raw = await rich.transfer(0);
  await send(auto, raw);
  await send(manual, await waiting.transfer(0));

  await mined(auto, raw);
  expect(await manual.nonce(waiting.address)).toBe(0);
  await manual.mine();
  expect(await manual.nonce(waiting.address)).toBe(1);
});

test("a chain with a block time mines by itself", async () => {
  await using chain = await startChain({ id: 1, mining: { everySeconds: 0.2 } });

  while ((await chain.height()) < 3) await new Promise((resolve) => setTimeout(resolve, 50));

  expect(chain.metadata().blocks.estimateBlockTime).toBe(0.2);
});

test("a legacy chain has no base fee and refuses transactions with two fees", async () => {
  await using chain = await startChain({ id: 56, fees: "legacy" });
  const wallet = await richWallet(chain);

  const block = await chain.send<Block>("eth_getBlockByNumber", ["latest", false]);
  expect(block.baseFeePerGas).toBeUndefined();
  expect((await send(chain, await wallet.transfer(0))).json).toHaveProperty("error");

  const { gasPrice } = chain.metadata().transactionOverrides ?? {};
  const raw = await wallet.transfer(0, { gasPrice });
  await send(chain, raw);
  await mined(chain, raw);
});

test("chains that start at the same time differ in their genesis, also with one id", async () => {
  const chains = await Promise.all([1, 1, 2].map((id) => startChain({ id })));

  const hashes = await Promise.all(chains.map((chain) => chain.genesisHash()));
  await Promise.all(chains.map((chain) => chain[Symbol.asyncDispose]()));

  expect(new Set(hashes).size).toBe(3);
});

test("finalized trails the newest block, and stands at the genesis until then", async () => {
  await using chain = await startChain({ id: 1, finalizedAfter: 4 });
  const finalized = async () =>
    Number((await chain.send<Block>("eth_getBlockByNumber", ["finalized", false])).number);

  expect(await finalized()).toBe(0);
  await chain.mine(3);
  expect(await finalized()).toBe(0);
  await chain.mine(4);
  expect(await finalized()).toBe(3);
});

test("an odd distance to the finalized block is refused: anvil cannot do it", async () => {
  await expect(startChain({ id: 1, finalizedAfter: 3 })).rejects.toThrow(/anvil can do 2, 4, 6/);
});

test("a dropped transaction is out of the pool, those that follow it with it", async () => {
  await using chain = await startChain({ id: 1, mining: "manual" });
  const wallet = await richWallet(chain);
  const raws = await Promise.all([0, 1, 2].map((nonce) => wallet.transfer(nonce)));
  for (const raw of raws) await send(chain, raw);

  await chain.dropTransaction(keccak256(raws[1] as string));
  await chain.mine();

  expect(await chain.nonce(wallet.address)).toBe(1);
  expect(await chain.send("txpool_status")).toEqual({ pending: "0x0", queued: "0x0" });
});

test.each([
  { transactions: "lost", nonce: 0 },
  { transactions: "pooled", nonce: 2 },
] as const)("the transactions of a reorganisation are $transactions", async (expected) => {
  await using chain = await startChain({ id: 1, mining: "manual" });
  const wallet = await richWallet(chain);
  await chain.mine(2);
  for (const nonce of [0, 1]) {
    await send(chain, await wallet.transfer(nonce));
    await chain.mine();
  }
  const before = await chain.send<Block>("eth_getBlockByNumber", ["latest", false]);

  await chain.reorg(2, expected.transactions);

  const after = await chain.send<Block>("eth_getBlockByNumber", ["latest", false]);
  expect(after.number).toBe(before.number);
  expect(after.hash).not.toBe(before.hash);
  expect(await chain.nonce(wallet.address)).toBe(0);
  await chain.mine();
  expect(await chain.nonce(wallet.address)).toBe(expected.nonce);
});

test("a restart is another chain at the same address", async () => {
  await using chain = await startChain({ id: 7 });
  const wallet = await richWallet(chain);
  await send(chain, await wallet.transfer(0));
  const { url, directUrl } = chain;
  const genesis = await chain.genesisHash();

  const account = { balance: 5n * gwei, nonce: 3, code: "0x6001" };
  await chain.restart({ timestamp: 1_700_000_000, alloc: { [wallet.address]: account } });

  expect(chain).toMatchObject({ url, directUrl });
  expect((await call(chain, "eth_chainId")).json).toMatchObject({ result: "0x7" });
  expect(await chain.genesisHash()).not.toBe(genesis);
  expect(await chain.height()).toBe(0);
  expect(await chain.nonce(wallet.address)).toBe(3);
  expect((await call(chain, "eth_getBalance", wallet.address, "latest")).json).toMatchObject({
    result: "0x12a05f200",
  });
  expect(await chain.send("eth_getCode", [wallet.address, "latest"])).toBe("0x6001");
  const block = await chain.send<Block>("eth_getBlockByNumber", ["0x0", false]);
  expect(Number(block.timestamp)).toBe(1_700_000_000);
});

test("nonces can be moved without a transaction", async () => {
  await using chain = await startChain({ id: 7 });
  const wallet = await richWallet(chain);

  await chain.setNonce(wallet.address, 12);

  expect(await chain.nonce(wallet.address)).toBe(12);
});

test("what a node refuses is an error with its code", async () => {
  await using chain = await startChain({ id: 7 });

  await expect(chain.send("no_such_method")).rejects.toMatchObject({
    name: "RpcError",
    code: -32601,
    message: "no_such_method: Method not found (-32601)",
  });
});

test("no key that everybody knows has anything on a chain, or shows up in its output", async () => {
  await using chain = await startChain({ id: 7 });

  const dev = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
  expect(await chain.send("eth_accounts")).toEqual([]);
  expect(await chain.send("eth_getBalance", [dev, "latest"])).toBe("0x0");
});

test("the metadata is an entry of a registry that points at the proxy", async () => {
  await using chain = await startChain({ id: 10012, name: "axon", reorgPeriod: "finalized" });

  expect(chain.metadata()).toMatchObject({
    name: "axon",
    chainId: 10012,
    domainId: 10012,
    protocol: "ethereum",
    rpcUrls: [{ http: chain.url }],
    blocks: { confirmations: 1, reorgPeriod: "finalized", estimateBlockTime: 1 },
    isTestnet: true,
  });
});
