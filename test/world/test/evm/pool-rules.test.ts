import { parseEther } from "ethers";
import { admit, type Candidate, gethLimits, type Sender } from "../../src/evm/pool-rules.ts";

const gwei = 1_000_000_000n;
const chain = { id: 10012n, gasLimit: 30_000_000n, hasBaseFee: true };

const transaction = (fields: Partial<Candidate> = {}): Candidate => ({
  hash: `0x${fields.nonce ?? 0}`,
  type: 2,
  chainId: chain.id,
  nonce: 0,
  gas: 21_000n,
  value: 0n,
  maxFee: 10n * gwei,
  tip: gwei,
  size: 110,
  ...fields,
});

const sender = (fields: Partial<Sender> = {}): Sender => ({
  nonce: 0,
  balance: parseEther("100"),
  pooled: [],
  ...fields,
});

const inARow = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => transaction({ nonce: from + index }));

test("a plain transaction is accepted", () => {
  expect(admit(transaction(), sender(), chain)).toEqual({ kind: "accept", evicted: [] });
});

describe("a transaction is refused in geth's words when", () => {
  test.each<{ says: string; tx: Partial<Candidate>; message: string }>([
    {
      says: "it could cost more than the node's cap",
      tx: { gas: 1_000_000n, maxFee: 1_100n * gwei },
      message: "tx fee (1.10 ether) exceeds the configured cap (1.00 ether)",
    },
    {
      says: "it is not bound to a chain",
      tx: { type: 0, chainId: 0n },
      message: "only replay-protected (EIP-155) transactions allowed over RPC",
    },
    {
      says: "it is for another chain",
      tx: { chainId: 5n },
      message: "invalid sender: invalid chain id for signer: have 5 want 10012",
    },
    {
      says: "it is larger than 128 KiB",
      tx: { size: 131_073 },
      message: "oversized data: transaction size 131073, limit 131072",
    },
    {
      says: "no block could hold it",
      tx: { gas: 30_000_001n },
      message: "exceeds block gas limit",
    },
    {
      says: "it tips more than it pays",
      tx: { maxFee: gwei, tip: 2n * gwei },
      message: "max priority fee per gas higher than max fee per gas",
    },
    {
      says: "it tips nothing",
      tx: { tip: 0n },
      message: "transaction gas price below minimum: gas tip cap 0, minimum needed 1",
    },
  ])("$says", ({ tx, message }) => {
    expect(admit(transaction(tx), sender(), chain)).toEqual({ kind: "refuse", message });
  });

  test("the chain has no base fee and it names two fees", () => {
    const verdict = admit(transaction(), sender(), { ...chain, hasBaseFee: false });

    const message = "transaction type not supported: type 2 rejected, pool not yet in London";
    expect(verdict).toEqual({ kind: "refuse", message });
  });

  test("its nonce is used up", () => {
    const verdict = admit(transaction({ nonce: 3 }), sender({ nonce: 7 }), chain);

    const message = "nonce too low: next nonce 7, tx nonce 3";
    expect(verdict).toEqual({ kind: "refuse", message });
  });

  test("the pool has it", () => {
    const verdict = admit(transaction(), sender({ pooled: [transaction()] }), chain);

    expect(verdict).toEqual({ kind: "refuse", message: "already known" });
  });

  test("the sender cannot pay for it", () => {
    const verdict = admit(transaction({ value: 5n }), sender({ balance: 210_000n * gwei }), chain);

    const message =
      "insufficient funds for gas * price + value: balance 210000000000000, " +
      "tx cost 210000000000005, overshot 5";
    expect(verdict).toEqual({ kind: "refuse", message });
  });

  test("the sender cannot pay for it and for what is waiting", () => {
    const waiting = sender({ balance: 300_000n * gwei, pooled: [transaction()] });

    const message =
      "insufficient funds for gas * price + value: balance 300000000000000, " +
      "queued cost 210000000000000, tx cost 210000000000000, overshot 120000000000000";
    expect(admit(transaction({ nonce: 1 }), waiting, chain)).toEqual({ kind: "refuse", message });
  });
});

describe("a replacement", () => {
  const old = transaction({ hash: "0xold" });
  const waiting = sender({ pooled: [old] });
  const bumped = (fee: bigint, tip: bigint) =>
    transaction({ maxFee: (old.maxFee * fee) / 100n, tip: (old.tip * tip) / 100n });

  test.each([
    { says: "the same fees are not enough", fee: 100n, tip: 100n, enough: false },
    { says: "9 % more is not enough", fee: 109n, tip: 109n, enough: false },
    { says: "10 % more on the fee alone is not enough", fee: 110n, tip: 100n, enough: false },
    { says: "10 % more on the tip alone is not enough", fee: 100n, tip: 110n, enough: false },
    { says: "10 % more on both is enough", fee: 110n, tip: 110n, enough: true },
  ])("$says", ({ fee, tip, enough }) => {
    const verdict = admit(bumped(fee, tip), waiting, chain);

    const message = "replacement transaction underpriced";
    expect(verdict).toEqual(enough ? { kind: "accept", evicted: [] } : { kind: "refuse", message });
  });

  test("must be dearer even where 10 % of the price is nothing", () => {
    const cheap = sender({ pooled: [transaction({ hash: "0xold", maxFee: 5n, tip: 5n })] });

    const same = admit(transaction({ maxFee: 5n, tip: 5n }), cheap, chain);
    const dearer = admit(transaction({ maxFee: 6n, tip: 6n }), cheap, chain);

    expect([same.kind, dearer.kind]).toEqual(["refuse", "accept"]);
  });

  test("takes no further place in a full pool", () => {
    const full = sender({ pooled: inARow(0, 16) });
    const dearer = { hash: "0xnew", maxFee: 20n * gwei, tip: 2n * gwei };

    const verdict = admit(transaction({ nonce: 15, ...dearer }), full, chain);

    expect(verdict).toEqual({ kind: "accept", evicted: [] });
  });
});

describe("beyond what a sender may have in the pool", () => {
  const full = sender({ nonce: 4, pooled: inARow(4, 16) });
  const seventeenth = transaction({ nonce: 20 });

  test("the sixteenth still gets in", () => {
    const fifteen = sender({ nonce: 4, pooled: inARow(4, 15) });

    expect(admit(transaction({ nonce: 19 }), fifteen, chain).kind).toBe("accept");
  });

  test("a transaction is dropped without a word", () => {
    expect(admit(seventeenth, full, chain)).toEqual({ kind: "drop" });
  });

  test.each([
    { overflow: "txpool is full", message: "txpool is full" },
    { overflow: "account limit exceeded", message: "account limit exceeded: pooled 16 txs" },
  ] as const)("or refused with $overflow", ({ overflow, message }) => {
    const verdict = admit(seventeenth, full, chain, { ...gethLimits, overflow });

    expect(verdict).toEqual({ kind: "refuse", message });
  });

  test("a sender has 64 more places behind a gap", () => {
    const gapped = sender({ pooled: inARow(10, 63) });
    const fuller = sender({ pooled: inARow(10, 64) });

    expect(admit(transaction({ nonce: 90 }), gapped, chain).kind).toBe("accept");
    expect(admit(transaction({ nonce: 90 }), fuller, chain).kind).toBe("drop");
  });

  test("the highest nonce goes when a lower one comes", () => {
    const gapped = sender({ pooled: inARow(10, 64) });

    const verdict = admit(transaction({ nonce: 9 }), gapped, chain);

    expect(verdict).toEqual({ kind: "accept", evicted: ["0x73"] });
  });

  test("a transaction that closes the gap makes the others executable, as far as there is room", () => {
    const gapped = sender({ pooled: inARow(1, 17) });

    const verdict = admit(transaction({ nonce: 0 }), gapped, chain);

    expect(verdict).toEqual({ kind: "accept", evicted: ["0x16", "0x17"] });
  });
});
