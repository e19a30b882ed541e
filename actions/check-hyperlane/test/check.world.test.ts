import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Provider, type TransactionReceipt, type TransactionResponse, Wallet } from "ethers";
import { type Relayer, startRelayer } from "../../../packages/hyperlane/test/relayer.ts";
import type { Site } from "../../../packages/hyperlane/test/site.ts";
import type { Verdict } from "../src/journey.ts";
import { openStage, type Stage } from "./stage.ts";

let stage: Stage;
let relayer: Relayer;
beforeAll(async () => {
  stage = await openStage([5, 10012]);
  relayer = await startRelayer(stage.network);
}, 600_000);
afterAll(async () => {
  await relayer?.[Symbol.asyncDispose]();
  await stage?.[Symbol.asyncDispose]();
});

const ROUTES = ["chain5 > chain10012", "chain10012 > chain5"];
const WELL = Object.fromEntries(ROUTES.map((route) => [route, "well"]));

test("before the first message there is nothing to sign, and all is well", async () => {
  const configs = join(stage.product, "configs");
  const { outputs, failure, summary } = await stage.check({ configs });

  expect(failure).toBeUndefined();
  expect(outputs).toMatchObject({ well: true, findings: [], routes: WELL });
  expect(summary).toContain('-- "ready" -->');
}, 300_000);

test("a message on each route arrives, with the time of each hop", async () => {
  const relayers = [relayer.address as Stage["sender"]];
  const report = await stage.check({ mode: "send", relayers });

  expect(report.failure).toBeUndefined();
  expect(report.outputs).toMatchObject({ well: true, routes: WELL });
  expect(report.outputs.slowest).toEqual(expect.any(Number));
  expect(report.summary).toMatch(/flowchart LR[\s\S]*c0 -- "\d+ s" --> c1/);
  const text = await readFile(join(stage.product, "result/check.json"), "utf8");
  for (const { journey, verdict } of JSON.parse(text).messages) {
    expect(verdict).toMatchObject({ missing: null, why: "" });
    expect(Object.keys(verdict.seconds)).toHaveLength(5);
    expect(journey.delivered.by.toLowerCase()).toBe(relayer.address.toLowerCase());
    expect(journey.signing).toHaveLength(3);
  }
}, 300_000);

test("what a relayer has paid for that comes second is told of the route", async () => {
  const late = Wallet.createRandom();
  const [, end] = stage.sites as [Site, Site];
  for (const { chain } of stage.sites) await chain.setBalance(late.address, 10n ** 18n);
  const text = await readFile(join(stage.product, "result/check.json"), "utf8");
  const { delivered } = JSON.parse(text).messages.find(
    ({ verdict }: { verdict: Verdict }) => verdict.route.destination === end.chain.name,
  ).journey;
  const provider = end.signer.provider as Provider;
  const { to, data } = (await provider.getTransaction(delivered.hash)) as TransactionResponse;
  const sent = await late.connect(provider).sendTransaction({ to, data, gasLimit: 500_000 });
  await sent.wait().catch(() => undefined);

  const relayers = [relayer.address, late.address] as Stage["sender"][];
  const { outputs, failure, summary } = await stage.check({ relayers });

  expect(failure).toBeUndefined();
  const { gasUsed } = (await provider.getTransactionReceipt(sent.hash)) as TransactionReceipt;
  const gas = outputs.gas as Record<string, object>;
  expect(gas["chain5 > chain10012"]).toEqual({
    ...{ delivered: 1, gas: expect.any(Number), reverted: 1, wasted: Number(gasUsed) },
  });
  expect(gas["chain10012 > chain5"]).toMatchObject({ delivered: 1, reverted: 0, wasted: 0 });
  expect(summary).toMatch(/\| chain5 → chain10012 \| 1 \| [\d,]+ \| 1 \| [\d,]+ \| \d+ % \|/);
}, 300_000);

test("and then the validators' newest signatures are held against the trees", async () => {
  const { outputs, failure, summary } = await stage.check();

  expect({ outputs, failure }).toMatchObject({ outputs: { well: true }, failure: undefined });
  expect(summary?.match(/\| signs/g)).toHaveLength(6);
}, 300_000);
