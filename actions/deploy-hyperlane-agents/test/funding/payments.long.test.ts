import { realClock } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { until } from "@playbook/world";
import { openTreasury, type Treasury } from "./treasury.ts";

let treasury: Treasury;
beforeAll(async () => {
  treasury = await openTreasury();
});
afterAll(() => treasury?.[Symbol.asyncDispose]());
beforeEach(() => treasury.reset());

const PAID = 4;

/** Nothing but a chain is waited for as long as this. */
const LONG_MS = 600_000;

type Pool = { pending: string };

const codes = (unpaid: readonly { chain: string; error: { code: string } }[]) =>
  unpaid.map(({ chain, error }) => [chain, error.code]);

test("everybody who is due is paid at once, and the next run has nobody to pay", async () => {
  const { paid, unpaid } = await treasury.run();

  expect(unpaid).toEqual([]);
  expect(paid).toHaveLength(2 * PAID);
  expect(await treasury.faults()).toEqual([]);
  expect(await treasury.run()).toEqual({ paid: [], unpaid: [], left: [], unreached: [] });
  expect(await treasury.faults()).toEqual([]);
});

test("who has spent some of it is brought back to it, and who has enough is left alone", async () => {
  await treasury.run();
  const relayers = treasury.agents.filter(({ kind }) => kind === "relayer");
  const [poor, rich] = relayers;
  if (!poor || !rich) throw new Error("There are two relayers.");
  await poor.chain.setBalance(poor.address, 10n ** 17n - 1n);
  await rich.chain.setBalance(rich.address, 10n ** 17n);

  const { paid } = await treasury.run();

  const value = 5n * 10n ** 17n - (10n ** 17n - 1n);
  expect(paid).toEqual([{ chain: poor.chain.name, name: poor.name, to: poor.address, value }]);
});

test("of two runs at once each pays what the other has not", async () => {
  const results = await Promise.all([treasury.run(), treasury.run({ run: "another" })]);

  expect(results.flatMap(({ unpaid }) => codes(unpaid))).toEqual([]);
  expect(await treasury.faults()).toEqual([]);
});

test("a reply that is lost pays nobody twice", async () => {
  const [one, other] = treasury.chains;
  const method = "eth_sendRawTransaction";
  for (const nth of [1, 3]) {
    one?.chaos.rule({ method, nth, action: { kind: "lose-reply", how: "reset" } });
  }
  const puts = { service: "s3", operation: "PutObject" };
  for (const nth of [3, 6]) treasury.aws.fault({ do: "lose reply", match: puts, nth });
  treasury.aws.fault({ do: "answer 412 though won", match: puts, nth: 4 });

  const { unpaid } = await treasury.run();

  expect(codes(unpaid)).toEqual([]);
  expect(await treasury.faults()).toEqual([]);
  expect(await Promise.all([one, other].map((chain) => chain && treasury.payments(chain)))).toEqual(
    [PAID, PAID],
  );
});

test("where the funder has too little nothing is sent, and the other chain is paid", async () => {
  const [one, other] = treasury.chains;
  if (!one || !other) throw new Error("There are two chains.");
  await one.setBalance(treasury.funder, 10n ** 18n);

  const { paid, unpaid } = await treasury.run();

  expect(codes(unpaid)).toEqual([[one.name, "balance-too-low"]]);
  expect(unpaid[0]?.error.next).toMatch(/^Send it at least 0\.02\d* /);
  expect(await treasury.payments(one)).toBe(0);
  expect(paid.map(({ chain }) => chain)).toEqual(Array(PAID).fill(other.name));
  await one.setBalance(treasury.funder, 10n ** 19n);
  expect(codes((await treasury.run()).unpaid)).toEqual([]);
  expect(await treasury.faults()).toEqual([]);
});

test("what is dearer than a run may spend is not sent at all", async () => {
  const [one, other] = treasury.chains;
  const cap = `${one?.name}=1.02\n${other?.name}=3`;

  const { unpaid } = await treasury.run({ cap });

  expect(codes(unpaid)).toEqual([[one?.name, "funding-over-cap"]]);
  expect(unpaid[0]?.error.why).toContain("the budget is 1.02 ETH");
  expect(one && (await treasury.payments(one))).toBe(0);
});

test("a chain that is down holds up nobody, and is not waited for again in this run", async () => {
  const [one, other] = treasury.chains;
  const rpcUrls = [
    { name: one?.name ?? "", value: "http://127.0.0.1:9/a-secret" },
    { name: other?.name ?? "", value: other?.url ?? "" },
  ];

  const { paid, unpaid, left, unreached } = await treasury.run({ rpcUrls });

  expect({ unpaid, unreached }).toEqual({ unpaid: [], unreached: [one?.name] });
  const due = treasury.agents.filter(({ chain }) => chain === one).map(({ name }) => name);
  expect(left).toEqual([{ chain: one?.name, names: due }]);
  expect(new Set(paid.map(({ chain }) => chain))).toEqual(new Set([other?.name]));
  expect((await treasury.run()).unpaid).toEqual([]);
  expect(await treasury.faults()).toEqual([]);
});

test("a chain that takes nothing into blocks is left to the next run, which goes on with it", async () => {
  const [one, other] = treasury.chains;
  if (!one || !other) throw new Error("There are two chains.");
  await one.send("evm_setAutomine", [false]);
  const isSent = async () => Number((await one.send<Pool>("txpool_status")).pending) === PAID;
  const sleep = async (ms: number, signal?: AbortSignal) => {
    if (ms < LONG_MS) return realClock.sleep(ms, signal);
    await until(async () => (await isSent()) && (await treasury.isClosed(other)));
  };
  const context = contextForTests({ clock: { now: Date.now, sleep } });

  const { paid, unpaid, unreached } = await treasury.run({}, context);

  expect({ unpaid, unreached }).toEqual({ unpaid: [], unreached: [one.name] });
  expect(context.warnings.join()).toContain(`Nobody is funded on ${one.name} now.`);
  expect(paid.filter(({ chain }) => chain === one.name)).toEqual([]);
  await one.send("evm_setAutomine", [true]);
  await one.mine();
  const next = await treasury.run();
  expect(next.unpaid).toEqual([]);
  expect(next.paid.filter(({ chain }) => chain === one.name)).toHaveLength(PAID);
  expect(await treasury.faults()).toEqual([]);
});

test("payments of another fleet by the same key are not gone on with while they are under way", async () => {
  const [one] = treasury.chains;
  if (!one) throw new Error("There is a chain.");
  await one.send("evm_setAutomine", [false]);
  const fleet = { repository: "acme/nexus", namespace: "another" };
  const theirs = treasury.run({ fleet, run: "theirs" });
  await until(async () => Number((await one.send<Pool>("txpool_status")).pending) === PAID);

  const ours = await treasury.run();
  await one.send("evm_setAutomine", [true]);
  await one.mine();

  expect(codes(ours.unpaid)).toEqual([[one.name, "plan-open"]]);
  expect(codes((await theirs).unpaid)).toEqual([]);
  expect(await treasury.faults()).toEqual([]);
});
