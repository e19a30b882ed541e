import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { contextForTests } from "@playbook/action/testing";
import { startWorld, type World } from "@playbook/world";
import { makePlan, type PlanInputs } from "../../src/plan/planner.ts";
import { differs, readPromoted } from "../../src/promotion/promoted.ts";
import { openProduct, type Product } from "./product.ts";

const core = (limit: number) => `script/Core.s.sol:Core --sig "run(uint256)" ${limit}`;

let product: Product;
let world: World<[{ id: 5; name: "alpha" }, { id: 10012; name: "beta" }]>;
/** What the release to staging, on alpha, has left behind. */
let staging: string;

beforeAll(async () => {
  [product, world] = await Promise.all([
    openProduct("vaults"),
    startWorld({
      chains: [
        { id: 5, name: "alpha" },
        { id: 10012, name: "beta" },
      ],
    }),
  ]);
  const inputs = await product.inputs(world.chains.slice(0, 1), core(1000));
  const deployment = { ...inputs.deployment, environment: "staging" };
  const { folder } = await makePlan({ ...inputs, deployment }, contextForTests(), product.env);
  staging = `${folder}-staging`;
  await cp(folder, staging, { recursive: true });
});

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await product?.[Symbol.asyncDispose]();
});

/** The same scripts for production, on beta, where the key has another nonce. */
async function promote(limit: number, over: Partial<PlanInputs> = {}) {
  const [, beta] = world.chains;
  await beta.setNonce((await product.inputs([beta])).sender, 7);
  const inputs = await product.inputs([beta], core(limit));
  const promoted = await readPromoted(staging, undefined);
  return makePlan({ ...inputs, promoted, ...over }, contextForTests(), product.env);
}

test("the same scripts elsewhere are the same release, and the plan says of which", async () => {
  const { plan, summary } = await promote(1000);
  const { digest } = await readPromoted(staging, undefined);

  expect(plan.promotes).toEqual({ environment: "staging", release: "v1", plan: digest });
  expect(summary).toContain("### The same as staging · v1");
  expect(summary).toContain("So are all values.");
});

test("another argument is refused, or shown where it is declared", async () => {
  await expect(promote(2000)).rejects.toMatchObject({
    code: "promotion-differs",
    why: expect.stringContaining("beta: new Proxy(Vault, initialize(sender, 2000))"),
    next: expect.stringContaining("    new Proxy"),
  });
  const { summary } = await promote(2000, { differs: differs.parse("new Proxy # richer users") });
  expect(summary).toContain("`new Proxy(Vault, initialize(sender, 1000))`");
});

test("source that was edited since, or another profile, is other bytecode", async () => {
  const project = await product.checkout();
  const path = join(project, "src/Registry.sol");
  const source = await readFile(path, "utf8");
  await writeFile(path, source.replace("new Entry(subject)", "new Entry(address(this))"));
  const all = differs.parse("* # nothing helps");

  await expect(promote(1000, { project, differs: all })).rejects.toMatchObject({
    code: "promotion-differs",
    why: expect.stringMatching(/"new Registry.*" with other bytecode/),
  });
  await expect(promote(1000, { profile: "lean", differs: all })).rejects.toMatchObject({
    code: "promotion-differs",
    why: expect.stringContaining("with other bytecode"),
  });
});

test("what is to be repeated has to be there, and to be what was meant", async () => {
  await expect(readPromoted(`${staging}-not`, undefined)).rejects.toMatchObject({
    code: "promoted-missing",
  });
  await expect(readPromoted(staging, `sha256:${"0".repeat(64)}`)).rejects.toMatchObject({
    code: "promoted-changed",
  });
});
