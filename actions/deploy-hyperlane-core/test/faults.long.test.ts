import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DisableKeyCommand, EnableKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { Interface } from "ethers";
import type { Inputs } from "../src/run.ts";
import { configOf, openStage, type Stage } from "./stage.ts";

const SEND = "eth_sendRawTransaction";
const program = fileURLToPath(new URL("./process.ts", import.meta.url));

let stage: Stage;
beforeAll(async () => {
  stage = await openStage([{ id: 5 }, { id: 10012 }, { id: 777 }]);
});
afterAll(() => stage?.[Symbol.asyncDispose]());

const chainOf = (name: string) => {
  const found = stage.chains.find((chain) => chain.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
};

const wish = (name: string, threshold = 2) => ({
  [name]: configOf(
    stage.sender,
    ["chain5", "chain10012"].filter((one) => one !== name),
    threshold,
  ),
});

/** Runs the action as a process of its own, which is killed as it sends its nth transaction. */
async function killedAt(name: string, nth: number, over: Partial<Inputs>): Promise<void> {
  const file = join(stage.world.dir, "inputs.json");
  await writeFile(file, JSON.stringify(stage.inputs(over)));
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, file], {
    env: process.env,
    stdio: "ignore",
  });
  let sent = 0;
  const end = chainOf(name).chaos.onCall(async (phase, { method }) => {
    if (phase !== "before" || method !== SEND) return;
    sent += 1;
    if (sent === nth) child.kill("SIGKILL");
  });
  const [, signal] = await once(child, "exit");
  end();
  expect(signal).toBe("SIGKILL");
}

const ready = { steps: 0, proposals: 0 };

test.each([1, 6, 10])(
  "one that is killed as it sends its transaction %d is finished by the next run",
  async (nth) => {
    const name = "chain5";
    const chains = [name];
    await rm(join(stage.product, `registry/chains/${name}/addresses.yaml`), { force: true });
    await stage.write(wish(name));
    const first = await stage.planned({ chains });
    const digest = first.outputs["plan-digest"];
    const before = await chainOf(name).nonce(stage.sender);
    // Chains whose earlier attempts are left, and few transactions at once: there is a middle.
    const over = { redeploy: chains, window: 4 };
    await killedAt(name, nth, { mode: "apply", planDigest: String(digest), ...over });

    // Nobody has taken anything over: the next plan would begin from nothing.
    const next = await stage.planned({ chains });
    const report = await stage.applied(next.outputs["plan-digest"], over);

    expect(report.outputs).toMatchObject({ changed: true, failed: [name] });
    expect(report.failure).toMatchObject({ code: "plan-continued" });
    await stage.takeOver();
    expect((await stage.planned({ chains })).outputs).toMatchObject(ready);
    expect((await chainOf(name).nonce(stage.sender)) - before).toBe(first.outputs.steps);
  },
);

test("two runs of one plan at once send each transaction once, and both end well", async () => {
  const chains = ["chain10012"];
  await stage.write(wish("chain10012"));
  const { outputs } = await stage.planned({ chains });

  const both = await Promise.all([
    stage.applied(outputs["plan-digest"], { result: join(stage.product, "one") }),
    stage.applied(outputs["plan-digest"]),
  ]);

  for (const { outputs: ended, failure } of both) {
    expect({ ended, failure }).toMatchObject({ ended: { failed: [] }, failure: undefined });
  }
  expect(await chainOf("chain10012").nonce(stage.sender)).toBe(outputs.steps);
  await stage.takeOver();
  expect((await stage.planned({ chains })).outputs).toMatchObject(ready);
});

test("a wrong address in the registry is named, and nothing is planned", async () => {
  const path = join(stage.product, "registry/chains/chain10012/addresses.yaml");
  await writeFile(path, `mailbox: "${stage.sender}"\n`);

  await expect(stage.planned({ chains: ["chain10012"] })).rejects.toMatchObject({
    code: "wrong-contract",
    what: expect.stringContaining("mailbox on chain10012"),
  });
});

test("one node of three that lies about nonces changes nothing", async () => {
  const chain = chainOf("chain777");
  const nodes = [await chain.node(), await chain.node(), await chain.node()];
  nodes[1]?.chaos.rule({
    ...{ method: "eth_getTransactionCount", times: Infinity },
    action: { kind: "lie", as: () => "0x63" },
  });
  const over = {
    chains: ["chain777"],
    rpcUrls: nodes.map(({ url }) => ({ name: "chain777", value: url })),
  };
  await stage.write(wish("chain777"));

  const { outputs } = await stage.planned(over);
  const report = await stage.applied(outputs["plan-digest"], over);

  expect(report).toMatchObject({ outputs: { changed: true, failed: [] } });
  expect(await chain.nonce(stage.sender)).toBe(outputs.steps);
  await stage.takeOver();
  expect((await stage.planned({ chains: ["chain777"] })).outputs).toMatchObject(ready);
});

test("a key that is disabled is told before anything is sent, and gone on with when it is not", async () => {
  const chains = ["chain777"];
  await stage.write(wish("chain777", 3));
  const { outputs } = await stage.planned({ chains });
  const before = await chainOf("chain777").nonce(stage.sender);
  const kms = new KMSClient(stage.aws.clientConfig());
  await kms.send(new DisableKeyCommand({ KeyId: stage.key }));

  const refused = stage.applied(outputs["plan-digest"]);
  await expect(refused).rejects.toMatchObject({ code: "key-disabled" });

  expect(await chainOf("chain777").nonce(stage.sender)).toBe(before);
  await kms.send(new EnableKeyCommand({ KeyId: stage.key }));
  const report = await stage.applied(outputs["plan-digest"]);
  expect(report).toMatchObject({ outputs: { changed: true, failed: [] } });
  await stage.takeOver();
});

test("chains that go away while they are applied are all named", async () => {
  const chains = ["chain5", "chain777"];
  await stage.write({ ...wish("chain5", 3), ...wish("chain777") });
  const { outputs } = await stage.planned({ chains });
  const rpcUrls = chains.map((name) => ({ name, value: "http://127.0.0.1:9" }));

  const { failure } = await stage.applied(outputs["plan-digest"], { rpcUrls });

  expect(failure).toMatchObject({ code: "chains-failed" });
  for (const name of chains) expect(failure?.what).toContain(name);
});

test("a plan that was changed after it was approved is not applied", async () => {
  const { outputs } = await stage.planned({ chains: ["chain777"] });
  const file = join(stage.product, "plan/chain777.json");
  await writeFile(file, "{}");

  await expect(stage.applied(outputs["plan-digest"])).rejects.toMatchObject({
    code: "plan-unreadable",
  });
  await expect(stage.applied(`sha256:${"0".repeat(64)}`)).rejects.toMatchObject({
    code: "plan-changed",
  });
});

test("what was changed behind our back as the plan came to its end is told", async () => {
  const chains = ["chain777"];
  const chain = chainOf("chain777");
  const { outputs } = await stage.planned({ chains });
  const plan = await import(join(stage.product, "plan/plan.json"), { with: { type: "json" } });
  const { mailbox, testRecipient } = plan.default.chains[0].entry.addresses;
  const change = new Interface(["function setDefaultIsm(address)"]);
  let isChanged = false;
  const end = chain.chaos.onCall(async (phase, { method }) => {
    // Only the last look asks for the number alone.
    if (isChanged || phase !== "before" || method !== "eth_blockNumber") return;
    isChanged = true;
    const data = change.encodeFunctionData("setDefaultIsm", [testRecipient]);
    await chain.sendAs(stage.sender, { to: mailbox, data });
  });

  const { failure } = await stage.applied(outputs["plan-digest"]);

  end();
  expect(failure).toMatchObject({
    code: "not-as-planned",
    why: expect.stringContaining("Mailbox.setDefaultIsm"),
  });
});
