import { contextForTests } from "@playbook/action/testing";
import { budgets } from "@playbook/broadcast/inputs";
import { until } from "@playbook/world";
import { id } from "ethers";
import { targets } from "../../src/funding/targets.ts";
import type { Inputs } from "../../src/run.ts";
import { type Fleet, type Listed, NAMESPACE, openFleet } from "../fleet.ts";
import { ONE, openFunder } from "./treasury.ts";

let fleet: Fleet;
let paying: Awaited<ReturnType<typeof openFunder>>;
beforeAll(async () => {
  fleet = await openFleet();
  paying = await openFunder(fleet.aws);
  for (const { chain } of fleet.sites) await chain.setBalance(paying.funder, 10n * ONE);
}, 1_200_000);
afterAll(() => fleet?.[Symbol.asyncDispose]());

const LINES = "chain5 validator=0.01\nchain10012 relayer=0.5 below=0.1";
const CAPS = "chain5=0.1\nchain10012=1";

function funded({ funding = LINES, cap = CAPS, ...over } = {}): Partial<Inputs> {
  const { key: funder, state } = paying;
  return {
    ...{ funder, state, region: fleet.aws.region },
    ...{ funding: targets.parse(funding), fundingCap: budgets.parse(cap) },
    ...over,
  };
}

const plan = (over: Partial<Inputs>) => fleet.run({ mode: "plan", ...over });

async function found(over: Partial<Inputs>): Promise<string[]> {
  const { outputs } = await plan(over);
  const findings = outputs.findings as { code: string; level: string; at: string }[];
  return findings.map(({ code, level, at }) => `${level} ${code} ${at}`);
}

const VALIDATORS = ["a", "b", "c"].map((name) => `validator-chain5-${name}`);
const RELAYER = "relayer-main-a";

const validators = () => fleet.list.validators.chain5 as Listed[];
const relayer = () => fleet.list.relayers.main?.instances[0] as Listed;

const paid = (amount: bigint, chain: string, name: string, { address: to }: Listed) => ({
  ...{ chain, name, to, amount: `${amount}` },
});

test("without a funder the plan says who needs something, and whom nobody pays", async () => {
  const { outputs, summary } = await plan({});
  expect(outputs).toMatchObject({ "can-apply": false, funding: [] });
  expect(await found({})).toEqual([...VALIDATORS, RELAYER].map((one) => `error unfunded ${one}`));
  expect(summary).not.toMatch(/to fund|to be funded/i);
});

test("with one it says who is to be given what, the sum on each chain, and what is left then", async () => {
  const { outputs, summary } = await plan(funded());

  expect(outputs).toMatchObject({ findings: [], "can-apply": true });
  expect(outputs.funding).toEqual([
    ...VALIDATORS.map((name, at) => paid(ONE / 100n, "chain5", name, validators()[at] as Listed)),
    paid(ONE / 2n, "chain10012", RELAYER, relayer()),
  ]);
  expect(summary).toContain(`### To fund by \`${paying.funder}\``);
  expect(summary).toMatch(/chain10012 \| 0\.5 ETH \| 0\.0\d+ ETH \| 10 ETH \| 9\.49\d* ETH/);
  expect(summary).toMatch(/chain5 \| 0\.03 ETH/);
  const { outputs: other } = await plan(funded({ funding: LINES.replace("0.5", "0.6") }));
  expect(other["plan-digest"]).not.toBe(outputs["plan-digest"]);
});

test("a funder who has too little is told of by chain, with what is missing, before anything is sent", async () => {
  const { chain } = fleet.origin;
  await chain.setBalance(paying.funder, ONE / 100n);

  const { outputs, summary } = await plan(funded());
  const applied = fleet.run(funded());

  await expect(applied).rejects.toMatchObject({ code: "preflight-failed" });
  expect(outputs.findings).toMatchObject([
    ...VALIDATORS.map((at) => ({ code: "unfunded", level: "error", at })),
    { code: "funder-too-low", level: "error", at: "chain5" },
  ]);
  expect(JSON.stringify(outputs.findings)).toMatch(
    /Send it at least 0\.02\d+ ETH; nothing is paid/,
  );
  expect(summary).toContain("🛑 chain5");
  for (const site of fleet.sites) expect(await site.chain.nonce(paying.funder)).toBe(0);
  await chain.setBalance(paying.funder, 10n * ONE);
});

test("what a slip of the pen would pay is refused, and so is what helps nobody", async () => {
  const typo = LINES.replace("relayer=0.5", "relayer=50");
  expect(await found(funded({ funding: typo }))).toEqual([
    `error unfunded ${RELAYER}`,
    "error over-cap chain10012",
  ]);
  const little = LINES.replace("validator=0.01", "validator=0.000000001");
  const findings = VALIDATORS.map((one) => `error unfunded ${one}`);
  expect(await found(funded({ funding: little }))).toEqual(findings);
  const { id: funder } = relayer().key as { id: string };
  expect(await found({ ...funded(), funder })).toContain("error funder-is-agent funder");
  const gone = "00000000-0000-4000-8000-000000000000";
  expect(await found({ ...funded(), funder: gone })).toEqual(["error key-missing funder"]);
});

test("an agent that would not come up without it is not installed when it cannot be paid", async () => {
  const { chain } = fleet.destination;
  const only = { funding: "chain10012 relayer=0.5", cap: "chain10012=1" };
  await chain.setNonce(paying.funder, 7);

  const failing = fleet.run(funded(only), { relayers: fleet.list.relayers });

  await expect(failing).rejects.toMatchObject({ code: "key-used-before" });
  const sets = `/apis/apps/v1/namespaces/${NAMESPACE}/statefulsets`;
  expect(await fleet.cluster.api.list(sets)).toEqual([]);
  await chain.setNonce(paying.funder, 0);
});

test("a chain that is down holds up who works on it, and the next run pays and starts who is left", async () => {
  const rpcUrls = [{ name: "chain10012", value: "http://127.0.0.1:9/a-secret" }];
  const { chain, addresses } = fleet.origin;

  const first = await fleet.run({ ...funded(), rpcUrls });

  const { outputs, failure, summary } = first;
  expect(failure).toBeUndefined();
  const named = { moved: VALIDATORS, left: [RELAYER], unreached: ["chain10012"] };
  expect(outputs).toMatchObject({ outcome: "partial", ...named });
  expect(outputs.funding).toEqual(
    VALIDATORS.map((name, at) => paid(ONE / 100n, "chain5", name, validators()[at] as Listed)),
  );
  expect(summary).toContain("### Funded");
  expect(summary).toContain(
    `**chain10012** is not there now: what ${RELAYER} may be due on it is left to the next run.`,
  );

  const second = await fleet.run(funded());
  expect(second.outputs).toMatchObject({ outcome: "done", moved: [RELAYER], unreached: [] });
  expect(second.outputs.funding).toEqual([paid(ONE / 2n, "chain10012", RELAYER, relayer())]);
  expect(second.summary).not.toContain("is not there now");

  const third = await fleet.run(funded());
  expect(third.outputs).toMatchObject({ outcome: "done", moved: [], funding: [] });
  expect(third.failure).toBeUndefined();
  expect((await plan(funded())).summary).toContain("Nobody has to be funded");
  const filter = {
    ...{ address: addresses.validatorAnnounce, fromBlock: "0x0" },
    topics: [id("ValidatorAnnouncement(address,string)")],
  };
  const logs = await chain.send<{ topics: string[] }[]>("eth_getLogs", [filter]);
  expect(new Set(logs.map(({ topics }) => topics[1])).size).toBe(VALIDATORS.length);
  expect(logs).toHaveLength(VALIDATORS.length);
  expect(await chain.nonce(paying.funder)).toBe(VALIDATORS.length);
}, 240_000);

test("what a run has left open in the ledger is in the plan, once, and the next run finishes it", async () => {
  const { chain } = fleet.destination;
  await chain.setBalance(relayer().address, ONE / 20n);
  const before = await chain.nonce(paying.funder);
  await chain.send("evm_setAutomine", [false]);
  const stop = new AbortController();
  const context = contextForTests({ signal: stop.signal });
  const stopped = fleet.run(funded(), fleet.list, context).catch((error: Error) => error);
  const pool = () => chain.send<{ pending: string }>("txpool_status");
  await until(async () => Number((await pool()).pending) === 1);
  stop.abort(new Error("stopped"));
  expect(String(await stopped)).toContain("stopped");

  const { outputs, summary } = await plan(funded());

  const due = paid((ONE * 9n) / 20n, "chain10012", RELAYER, relayer());
  expect(outputs.funding).toEqual([{ ...due, begun: true }]);
  expect(outputs).toMatchObject({ findings: [], "can-apply": true });
  expect(summary).toContain("An earlier run has begun these payments");
  await chain.send("evm_setAutomine", [true]);
  await chain.mine();
  expect((await plan(funded())).outputs.funding).toEqual([]);
  expect((await fleet.run(funded())).outputs.funding).toEqual([due]);
  expect((await plan(funded())).summary).toContain("Nobody has to be funded");
  expect(await chain.nonce(paying.funder)).toBe(before + 1);
}, 240_000);

test("who works already is not kept from what else is to be done, and the run says that it was not paid", async () => {
  const { chain } = fleet.destination;
  await chain.setBalance(relayer().address, ONE / 20n);
  await chain.setBalance(paying.funder, ONE / 100n);

  const { outputs, failure, summary } = await fleet.run(funded());

  expect(failure).toMatchObject({ code: "balance-too-low" });
  expect(outputs).toMatchObject({ outcome: "done", moved: [], funding: [] });
  expect(summary).toContain("⚠️ **chain10012**: not all are funded.");
}, 240_000);
