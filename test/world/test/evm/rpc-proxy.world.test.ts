import { keccak256 } from "ethers";
import { type Action, type Chain, startChain } from "../../src/index.ts";
import { call, mined, post, richWallet } from "./wallet.ts";

let chain: Chain;

beforeAll(async () => {
  chain = await startChain({ id: 10012 });
});
afterAll(() => chain[Symbol.asyncDispose]());
beforeEach(() => {
  chain.chaos.calm();
  chain.chaos.forget();
});

const nobody = "0x00000000000000000000000000000000000000cc";
const height = () => call(chain, "eth_blockNumber");

test("a call reaches the node and is counted, with its parameters", async () => {
  const reply = await call(chain, "eth_getBalance", nobody, "latest");

  expect(reply.json).toEqual({ jsonrpc: "2.0", id: 1, result: "0x0" });
  expect(chain.chaos.count("eth_getBalance")).toBe(1);
  expect(chain.chaos.calls()).toMatchObject([
    { method: "eth_getBalance", params: [nobody, "latest"], together: 1, reply: { result: "0x0" } },
  ]);
});

test("a batch is answered in its order, each call counted for itself", async () => {
  const batch = ["eth_chainId", "no_such_method", "eth_blockNumber"];
  const reply = await post(
    chain.url,
    batch.map((method, index) => ({ jsonrpc: "2.0", id: `call-${index}`, method })),
  );

  expect(reply.json).toMatchObject([
    { id: "call-0", result: "0x271c" },
    { id: "call-1", error: { code: -32601 } },
    { id: "call-2", result: "0x0" },
  ]);
  expect(chain.chaos.calls().map(({ together }) => together)).toEqual([3, 3, 3]);
});

test("what is no JSON-RPC is answered as geth does", async () => {
  const reply = await post(chain.url, { hello: "world" });

  expect(reply.json).toMatchObject({ id: null, error: { code: -32700, message: "parse error" } });
});

test("a dropped request never reaches the node", async () => {
  const wallet = await richWallet(chain);
  chain.chaos.rule({ method: "eth_sendRawTransaction", action: { kind: "drop" } });

  const raw = await wallet.transfer(0);
  const reply = await call(chain, "eth_sendRawTransaction", raw);

  expect(reply).toEqual({ failed: "UND_ERR_SOCKET" });
  expect(await chain.send("eth_getTransactionByHash", [keccak256(raw)])).toBeNull();
});

test("a reply that is lost leaves the transaction on the chain", async () => {
  const wallet = await richWallet(chain);
  chain.chaos.rule({ method: "eth_sendRawTransaction", action: { kind: "lose-reply" } });

  const raw = await wallet.transfer(0);
  const reply = await call(chain, "eth_sendRawTransaction", raw);

  expect(reply).toEqual({ failed: "UND_ERR_SOCKET" });
  await mined(chain, raw);
});

test.each([
  { how: "close", failed: "UND_ERR_SOCKET" },
  { how: "reset", failed: "ECONNRESET" },
  { how: "hang", failed: "TimeoutError" },
] as const)("a connection can be taken away: $how", async ({ how, failed }) => {
  chain.chaos.rule({ action: { kind: "drop", how } });

  const reply = await post(chain.url, { id: 1, method: "eth_chainId" }, 300);

  expect(reply).toEqual({ failed });
});

test("a status comes with its body and with when to try again", async () => {
  chain.chaos.rule({
    nth: 2,
    action: { kind: "status", status: 429, retryAfterSeconds: 7, body: "slow down" },
  });

  const replies = [await height(), await height(), await height()];

  expect(replies.map(({ status }) => status)).toEqual([200, 429, 200]);
  expect(replies[1]?.headers?.get("retry-after")).toBe("7");
  expect(replies[1]?.text).toBe("slow down");
});

test("an error of one call leaves the rest of its batch alone", async () => {
  const refused = { code: -32005, message: "limit exceeded" };
  chain.chaos.rule({ method: "eth_blockNumber", action: { kind: "error", ...refused } });

  const reply = await post(chain.url, [
    { id: 1, method: "eth_blockNumber" },
    { id: 2, method: "eth_chainId" },
  ]);

  expect(reply.json).toEqual([
    { jsonrpc: "2.0", id: 1, error: refused },
    { jsonrpc: "2.0", id: 2, result: "0x271c" },
  ]);
});

test("a swallowed transaction has the right hash and is nowhere", async () => {
  const wallet = await richWallet(chain);
  const raw = await wallet.transfer(0);
  chain.chaos.rule({ method: "eth_sendRawTransaction", action: { kind: "swallow" } });

  const reply = await call(chain, "eth_sendRawTransaction", raw);

  expect(reply.json).toMatchObject({ result: keccak256(raw) });
  expect(await chain.send("eth_getTransactionByHash", [keccak256(raw)])).toBeNull();
});

test("a stale node answers as of some blocks ago, receipts and nonces alike", async () => {
  const wallet = await richWallet(chain);
  await chain.mine(3);
  const raw = await wallet.transfer(0);
  await call(chain, "eth_sendRawTransaction", raw);
  await mined(chain, raw);
  const now = await chain.height();
  const ask = async (method: string, ...params: unknown[]) =>
    (await call(chain, method, ...params)).json;

  chain.chaos.rule({ times: Infinity, action: { kind: "stale", blocks: 2 } });

  expect(await ask("eth_blockNumber")).toMatchObject({ result: `0x${(now - 2).toString(16)}` });
  expect(await ask("eth_getTransactionCount", wallet.address, "pending")).toMatchObject({
    result: "0x0",
  });
  expect(await ask("eth_getTransactionReceipt", keccak256(raw))).toMatchObject({ result: null });
  expect(await ask("eth_getBlockByNumber", "latest", false)).toMatchObject({
    result: { number: `0x${(now - 2).toString(16)}` },
  });
  const newest = `0x${now.toString(16)}`;
  expect(await ask("eth_getBlockByNumber", newest, false)).toMatchObject({ result: null });
  expect(await ask("eth_getBalance", wallet.address, newest)).toMatchObject({
    error: { message: "header not found" },
  });
});

test("delays add up: one of all calls and one of a rule", async () => {
  chain.chaos.setDelay(60);
  chain.chaos.rule({ action: { kind: "delay", ms: 60 } });
  const started = performance.now();

  await height();

  expect(performance.now() - started).toBeGreaterThanOrEqual(119);
});

test("a listener sees a call before the node does, and after its reply has gone", async () => {
  const wallet = await richWallet(chain);
  const raw = await wallet.transfer(0);
  const known = async () =>
    (await chain.send("eth_getTransactionByHash", [keccak256(raw)])) ? "known" : "unknown";
  const seen: string[] = [];
  const end = chain.chaos.onCall(async (phase, { method }) => {
    seen.push(`${phase} ${method}: ${await known()}`);
  });

  await call(chain, "eth_sendRawTransaction", raw);
  while (seen.length < 2) await mined(chain, raw);
  end();
  await height();

  expect(seen).toEqual([
    "before eth_sendRawTransaction: unknown",
    "after eth_sendRawTransaction: known",
  ]);
});

test("a listener sees each call of a batch when those before it are done", async () => {
  const wallet = await richWallet(chain);
  const raws = await Promise.all([0, 1, 2].map((nonce) => wallet.transfer(nonce)));
  const nonce = () => chain.send("eth_getTransactionCount", [wallet.address, "pending"]);
  const known: number[] = [];
  const end = chain.chaos.onCall(async (phase) => {
    if (phase === "before") known.push(Number(await nonce()));
  });

  const sends = raws.map((raw, id) => ({ id, method: "eth_sendRawTransaction", params: [raw] }));
  await post(chain.url, sends);
  end();

  expect(known).toEqual([0, 1, 2]);
});

test.each<Action>([{ kind: "drop" }, { kind: "status", status: 503 }])(
  "a listener sees each call of a batch that never reaches the node: $kind",
  async (action) => {
    chain.chaos.rule({ method: "eth_blockNumber", action });
    const seen: string[] = [];
    const end = chain.chaos.onCall((phase, { method }) => void seen.push(`${phase} ${method}`));

    const batch = ["eth_chainId", "eth_blockNumber"].map((method, id) => ({ id, method }));
    await post(chain.url, batch);
    end();

    expect(seen.filter((one) => one.startsWith("before"))).toEqual([
      "before eth_chainId",
      "before eth_blockNumber",
    ]);
  },
);

test("an idle connection stays open: no time is announced after which it closes", async () => {
  const { headers } = await height();

  expect(headers?.get("connection")).toBe("keep-alive");
  expect(headers?.get("keep-alive")).toBeNull();
});
