import { type Address, Endpoint, type Hex, ORACLES, Rpc, RpcError } from "../src/index.ts";
import { answering, by, type Node, patientClock, Refusal } from "./answering.ts";
import { bytes, SIGNER } from "./standing.ts";

const nodes: Node[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) await node[Symbol.asyncDispose]();
});

/** An endpoint whose node answers by method. */
async function endpoint(results: Record<string, unknown>) {
  const node = await answering(by(results));
  nodes.push(node);
  const rpc = new Rpc([node.url], { clock: patientClock() });
  return Object.assign(new Endpoint(rpc), { asked: node.asked });
}

const unsupported = new Refusal(-32601, "the method does not exist");

const block = (over: object = {}) => ({
  number: "0x10",
  gasLimit: "0x1c9c380",
  baseFeePerGas: "0x64",
  hash: "0xab",
  ...over,
});

const receipt = (over: object = {}) => ({
  transactionHash: "0xAB12",
  blockNumber: "0x10",
  status: "0x1",
  gasUsed: "0x5208",
  effectiveGasPrice: "0x7",
  contractAddress: null,
  ...over,
});

test("a head says its number, its gas limit and its base fee; null on a chain without one", async () => {
  const modern = await endpoint({ eth_getBlockByNumber: block() });
  expect(await modern.head()).toEqual({ number: 16, gasLimit: 30_000_000, baseFee: 100n });
  const legacy = await endpoint({ eth_getBlockByNumber: block({ baseFeePerGas: undefined }) });
  expect(await legacy.head()).toMatchObject({ baseFee: null });
});

test("a young chain has nothing final but its genesis", async () => {
  const young = await endpoint({ eth_getBlockByNumber: null });
  expect(await young.tagged("finalized")).toBe(0);
});

test("the market is legacy without a base fee", async () => {
  const node = await endpoint({ eth_gasPrice: "0x9" });
  expect(await node.market({ number: 1, gasLimit: 1, baseFee: null })).toEqual({
    type: "legacy",
    gasPrice: 9n,
  });
});

test.each<[string, object, bigint]>([
  ["as the node says", { eth_maxPriorityFeePerGas: "0x5" }, 5n],
  [
    "what the gas price is above the base fee, where the node does not say",
    { eth_maxPriorityFeePerGas: unsupported, eth_gasPrice: "0x69" },
    5n,
  ],
  ["one, if it is below", { eth_maxPriorityFeePerGas: unsupported, eth_gasPrice: "0x1" }, 1n],
])("the tip is %s", async (_, results, priorityFee) => {
  const node = await endpoint({ ...results });
  expect(await node.market({ number: 1, gasLimit: 1, baseFee: 100n })).toEqual({
    type: "eip1559",
    baseFee: 100n,
    priorityFee,
  });
});

test("where the base fee and the suggested tip are nothing, the gas price is offered", async () => {
  const node = await endpoint({ eth_maxPriorityFeePerGas: "0x0", eth_gasPrice: "0x7" });
  const market = await node.market({ number: 1, gasLimit: 1, baseFee: 0n });
  expect(market).toMatchObject({ baseFee: 0n, priorityFee: 7n });
});

describe("a rollup's price of data", () => {
  const word = (value: number) => `0x${value.toString(16).padStart(64, "0")}`;
  const rollup = async (results: object) => {
    const node = await answering(by({ eth_maxPriorityFeePerGas: "0x5", ...results }));
    nodes.push(node);
    const rpc = new Rpc([node.url], { clock: patientClock() });
    return new Endpoint(rpc, { dataOracle: ORACLES.op });
  };
  const head = { number: 1, gasLimit: 1, baseFee: 100n };

  test("is what its oracle says of no bytes, and of bytes that cannot be compressed", async () => {
    const charge = ({ to, data }: { to: string; data: string }) =>
      to === ORACLES.op ? word(data.length > 1_000 ? 102_401 : 700) : "0x";
    const { data } = await (await rollup({ eth_call: charge })).market(head);
    expect(data).toEqual({ perTransaction: 700n, perByte: 101n });
  });

  test("cannot be had where there is no oracle: the preset is wrong", async () => {
    const asking = (await rollup({ eth_call: "0x" })).market(head);
    await expect(asking).rejects.toMatchObject({
      code: "no-data-oracle",
      next: expect.stringContaining("technicalStack"),
    });
  });
});

test("what is no node of Arbitrum's does not say what data takes there", async () => {
  const node = await endpoint({ eth_call: "0x" });
  const asking = node.dataGas([{ to: null, data: "0x60" }]);
  await expect(asking).rejects.toMatchObject({ code: "no-data-oracle" });
});

test("a receipt is read with what it cost", async () => {
  const of = async (over: object) => {
    const node = await endpoint({ eth_getTransactionReceipt: receipt(over) });
    return (await node.receipts(["0xab12"])).get("0xab12");
  };
  expect(await of({})).toEqual({
    hash: "0xab12",
    block: 16,
    succeeded: true,
    gasUsed: 21_000,
    price: 7n,
    dataFee: 0n,
    contract: null,
  });
  expect(await of({ status: "0x0" })).toMatchObject({ succeeded: false });
  expect(await of({ l1Fee: "0x3" })).toMatchObject({ dataFee: 3n });
  expect(await of({ l1Fee: null, effectiveGasPrice: undefined })).toMatchObject({
    dataFee: 0n,
    price: null,
  });
});

test("a receipt without a block is none: some nodes make one up for what is pending", async () => {
  const node = await endpoint({ eth_getTransactionReceipt: receipt({ blockNumber: null }) });
  expect(await node.receipts(["0xab12", "0xab13"])).toEqual(new Map());
});

test("of many receipts those that exist come back by their hash", async () => {
  const found = (hash: string) => (hash === "0xb" ? receipt({ transactionHash: "0xb" }) : null);
  const node = await endpoint({ eth_getTransactionReceipt: found });
  expect([...(await node.receipts(["0xa", "0xb", "0xc"])).keys()]).toEqual(["0xb"]);
});

test("addresses with code are told from those without", async () => {
  const [one, two] = ["0x01", "0x02"] as Address[];
  const node = await endpoint({ eth_getCode: (at: string) => (at === one ? "0x60" : "0x") });
  expect(await node.withCode([one, two] as Address[])).toEqual(new Set([one]));
});

describe("sending", () => {
  test("is taken when the node returns the very hash, however it writes it", async () => {
    const { raw, hash } = await bytes(0);
    const node = await endpoint({ eth_sendRawTransaction: hash.toUpperCase().replace("0X", "0x") });
    expect(await node.send(raw)).toEqual({ verdict: "taken" });
  });

  test.each([
    ["another hash", "0x12"],
    ["nothing", null],
  ])("is refused when it returns %s", async (_, result) => {
    const node = await endpoint({ eth_sendRawTransaction: result });
    expect(await node.send((await bytes(0)).raw)).toMatchObject({ verdict: "refused" });
  });

  test("has the node's words sorted", async () => {
    const node = await endpoint({ eth_sendRawTransaction: new Refusal(-32000, "already known") });
    expect(await node.send((await bytes(0)).raw)).toEqual({ verdict: "known" });
  });
});

describe("a rehearsal", () => {
  const call = { from: SIGNER, to: SIGNER, data: "0x" as Hex, value: 1n, gas: 5 };

  test("asks for the state after the block that was looked at", async () => {
    const node = await endpoint({ eth_call: "0x" });
    expect(await node.dryRun(call, 16)).toBeUndefined();
    expect(node.asked).toMatchObject([{ params: [{ value: "0x1", gas: "0x5" }, "0x10"] }]);
  });

  test("creates with no recipient", async () => {
    const node = await endpoint({ eth_call: "0x" });
    await node.dryRun({ ...call, to: null }, "latest");
    expect(node.asked).not.toMatchObject([{ params: [{ to: expect.anything() }, "latest"] }]);
  });

  test("says why it would fail, and nothing when the node cannot tell", async () => {
    const failing = await endpoint({ eth_call: new Refusal(3, "execution reverted: no") });
    expect(await failing.dryRun(call, 16)).toBe("execution reverted: no");
    const lagging = await endpoint({ eth_call: new Refusal(-32000, "header not found") });
    expect(await lagging.dryRun(call, 16)).toBeUndefined();
  });
});

test("the transaction that has a nonce of the sender is found in its block", async () => {
  const transactions = [
    { hash: "0x1", from: "0x01", nonce: "0x3" },
    { hash: "0x2", from: SIGNER.toLowerCase(), nonce: "0x2" },
    { hash: "0x3", from: SIGNER.toLowerCase(), nonce: "0x3" },
  ];
  const node = await endpoint({ eth_getBlockByNumber: block({ transactions }) });
  expect(await node.transactionOf(SIGNER, 3, 16)).toBe("0x3");
  expect(await node.transactionOf(SIGNER, 4, 16)).toBeUndefined();
  const without = await endpoint({ eth_getBlockByNumber: null });
  expect(await without.transactionOf(SIGNER, 3, 16)).toBeUndefined();
});

test("what a node refuses of a read is thrown as it said it", async () => {
  const node = await endpoint({ eth_getBalance: new Refusal(-32000, "header not found") });
  await expect(node.balance(SIGNER)).rejects.toBeInstanceOf(RpcError);
});
