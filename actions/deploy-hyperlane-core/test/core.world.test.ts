import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readSources } from "@playbook/hyperlane";
import { configOf, openStage, SAFE, type Stage } from "./stage.ts";

const NAMES = ["chain5", "chain10012"] as const;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage([{ id: 5 }, { id: 10012 }]);
});
afterAll(() => stage?.[Symbol.asyncDispose]());

const others = (name: string) => NAMES.filter((one) => one !== name);

/** The same for both chains. */
const wish = (threshold = 2, owner = stage.sender) =>
  Object.fromEntries(NAMES.map((name) => [name, configOf(owner, others(name), threshold)]));

const resultAt = (file: string) => join(stage.product, "result", file);
const resultText = (file: string) => readFile(resultAt(file), "utf8");

test("from nothing to both chains as wished, and then there is nothing to do", async () => {
  await stage.write(wish());

  const { outputs, failure, summary, planned } = await stage.brought();

  expect(failure).toBeUndefined();
  expect(planned.steps).toBeGreaterThan(40);
  expect(outputs).toMatchObject({ changed: true, failed: [], proposals: 0 });
  expect(summary).toContain("as planned");
  const agents = JSON.parse(await resultText("agent-config.json"));
  expect(Object.keys(agents.chains).sort()).toEqual([...NAMES].sort());
  expect(agents.chains.chain5.index.from).toBeGreaterThan(0);
  const again = await stage.planned();
  expect(again.outputs).toMatchObject({ steps: 0, proposals: 0 });
  expect(again.summary).toContain("nothing to do");
  const second = await stage.applied(again.outputs["plan-digest"]);
  expect(second.outputs).toMatchObject({ changed: false, failed: [] });
});

test("another threshold is planned, shown and applied on both chains", async () => {
  await stage.write(wish(3));

  const { summary } = await stage.planned();
  expect(summary).toContain("What differs");
  expect(summary).toMatch(/origin 10012 \| `message id, 2 of 3: .*` \| `message id, 3 of 3: .*`/);
  const { outputs, failure } = await stage.brought();

  expect({ outputs, failure }).toMatchObject({ outputs: { changed: true }, failure: undefined });
  expect((await stage.planned()).outputs).toMatchObject({ steps: 0, proposals: 0 });
});

test("a chain that is down is named, and the other one is brought in order", async () => {
  await stage.write(wish(2));
  const rpcUrls = stage.chains.map(({ name, url }) => {
    return { name, value: name === "chain5" ? "http://127.0.0.1:9" : url };
  });

  const { outputs } = await stage.planned({ rpcUrls });
  expect(outputs).toMatchObject({ unreached: ["chain5"] });
  const report = await stage.applied(outputs["plan-digest"], { rpcUrls });

  expect(report).toMatchObject({ outputs: { changed: true, failed: [] } });
  const places = { registry: resultAt("registry"), configs: resultAt("configs"), chains: [] };
  const { all, domains } = await readSources(places);
  expect(all.map(({ chain }) => chain.name)).toEqual(["chain10012"]);
  expect(domains).toEqual({ chain5: 5, chain10012: 10012 });
  await stage.takeOver();
  const agents = JSON.parse(await resultText("agent-config.json"));
  expect(Object.keys(agents.chains).sort()).toEqual([...NAMES].sort());
  expect(agents.chains.chain5).toMatchObject({
    index: { from: expect.any(Number) },
    mailbox: expect.stringMatching(/^0x/),
  });
  const next = await stage.planned();
  expect(next.summary).toContain("1 chain of 2 to change");
  await stage.applied(next.outputs["plan-digest"]);
  await stage.takeOver();
});

test("a chain whose node refuses to be looked at fails by itself, and the other one is brought in order", async () => {
  await stage.write(wish(3));
  const message = "missing trie node";
  const [refusing] = stage.chains;
  const action = { kind: "error", code: -32000, message } as const;
  const rule = refusing?.chaos.rule({ method: "eth_getCode", times: Infinity, action });

  const { outputs, summary } = await stage.planned();
  rule?.remove();
  const report = await stage.applied(outputs["plan-digest"]);
  await stage.takeOver();

  expect(outputs).toMatchObject({ unreached: ["chain5"], steps: expect.any(Number) });
  expect(summary).toContain("**chain5** is left for the next run");
  expect(summary).toContain(message);
  expect(report).toMatchObject({
    outputs: { changed: true, failed: ["chain5"] },
    failure: { code: "chain-left-out", why: expect.stringContaining(message) },
  });
});

test("a node that lags as a chain is looked at once more does not take its addresses out of the result", async () => {
  await stage.write(wish(2));
  const { outputs } = await stage.planned();
  const [, lagging] = stage.chains;
  const rule = lagging?.chaos.rule({
    ...{ method: "eth_getCode", where: ({ params }) => params?.[1] !== "latest", times: 2 },
    action: { kind: "error", code: -32000, message: "header not found" },
  });

  const { outputs: ended, failure } = await stage.applied(outputs["plan-digest"]);

  expect(failure).toBeUndefined();
  expect(rule?.hits).toBe(2);
  expect(ended).toMatchObject({ changed: true, failed: [] });
  expect(await resultText("registry/chains/chain10012/addresses.yaml")).toContain("mailbox:");
  await stage.takeOver();
});

test("what a Safe owns is proposed to it, as a file for its transaction builder", async () => {
  await stage.write(wish(2, SAFE));
  await stage.brought();
  await stage.write(wish(3, SAFE));

  const { outputs, planned } = await stage.brought();

  expect(planned).toMatchObject({ proposals: 2 });
  expect(outputs).toMatchObject({ proposals: 2 });
  const batch = JSON.parse(await resultText(`safe/chain5-${SAFE}.json`));
  expect(batch).toMatchObject({
    chainId: "5",
    meta: { createdFromSafeAddress: SAFE, checksum: expect.stringMatching(/^0x[0-9a-f]{64}$/) },
  });
  expect(batch.transactions).toHaveLength(1);
});

test("a registry that lacks what was deployed is not deployed over", async () => {
  const registry = join(stage.product, "elsewhere");
  const { cp } = await import("node:fs/promises");
  await cp(join(stage.product, "registry"), registry, { recursive: true });
  const { rm } = await import("node:fs/promises");
  await rm(join(registry, "chains/chain5/addresses.yaml"));
  const { outputs } = await stage.planned({ registry });

  const { outputs: ended, failure } = await stage.applied(outputs["plan-digest"]);

  expect(failure).toMatchObject({ code: "registry-behind" });
  expect(ended).toMatchObject({ failed: ["chain5"] });
  expect(await resultText("registry/chains/chain5/addresses.yaml")).toContain("mailbox:");
  const agents = JSON.parse(await resultText("agent-config.json"));
  expect(agents.chains.chain5).toMatchObject({ index: { from: expect.any(Number) } });
});

test.each([["few-validators", { validators: 2 }, "allow-few-validators"]])(
  "%s is refused, and the input that overrules it is named",
  async (_, { validators }, input) => {
    const config = configOf(stage.sender, ["chain10012"]);
    const [first] = Object.values(config.defaultIsm.domains);
    const domains = {
      chain10012: { ...first, validators: first?.validators.slice(0, validators) },
    };
    await stage.write({ chain5: { ...config, defaultIsm: { ...config.defaultIsm, domains } } });

    await expect(stage.planned({ chains: ["chain5"] })).rejects.toMatchObject({
      code: "policy-refused",
      why: expect.stringContaining(input),
    });
  },
);
