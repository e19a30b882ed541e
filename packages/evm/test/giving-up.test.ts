import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderStore } from "@playbook/state";
import { giveUpPlan, type Opening, openPlan } from "../src/broadcaster/open.ts";
import { type Body, Ledger } from "../src/index.ts";
import { adopted, bytes, GENESIS, SIGNER } from "./standing.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "giving-up-"));
});
afterEach(() => rm(folder, { recursive: true }));

const opened = (plan: string, firstNonce = 0): Body => ({
  kind: "opened",
  plan,
  deployment: plan,
  firstNonce,
  steps: 1,
});

const closed = (plan: string, nonce: number): Body => ({
  kind: "closed",
  plan,
  deployment: plan,
  outcome: "abandoned",
  genesis: GENESIS,
  chainId: 1,
  signer: SIGNER,
  nonce,
  block: 0,
});

/** A run of plan `own`, made for nonce 0, once its ledger says this. */
async function runAfter(entries: Body[]): Promise<Opening> {
  const ledger = new Ledger(
    folderStore(folder),
    { genesis: GENESIS, chainId: 1, signer: SIGNER },
    "me",
  );
  for (const entry of entries) await ledger.append(entry);
  const chain = { name: "a", firstNonce: 0 } as Opening["chain"];
  return { ledger, chain, plan: "own", deployment: "own", steps: [] };
}

describe("a plan is given up", () => {
  test("when it is open", async () => {
    const run = await runAfter([adopted, opened("own")]);
    expect(await giveUpPlan(run)).toBe(true);
    expect(run.ledger.state?.open).toMatchObject({ plan: "own", abandoned: true });
  });

  test("before it is open, so that no run that is late can open it", async () => {
    const run = await runAfter([adopted]);
    expect(await giveUpPlan(run)).toBe(true);
    await openPlan(run);
    expect(run.ledger.state?.open).toMatchObject({ plan: "own", abandoned: true });
  });
});

describe("there is nothing to use up, now or later", () => {
  test("when another plan has used the nonce", async () => {
    const signed: Body = { kind: "signed", transactions: [await bytes(0, null)] };
    expect(await giveUpPlan(await runAfter([adopted, opened("other"), signed]))).toBe(false);
  });
});

test("while another plan has signed nothing, it may leave the nonce: one waits for it", async () => {
  const run = await runAfter([adopted, opened("other")]);

  await expect(giveUpPlan(run)).rejects.toMatchObject({
    code: "plan-open",
    what: "The key is at work for other on a.",
  });

  await run.ledger.append({ kind: "abandoned", plan: "other" });
  await run.ledger.append(closed("other", 0));
  expect(await giveUpPlan(run)).toBe(true);
});
