import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ActionError } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { startWorld, type World } from "@playbook/world";
import { makePlan, type PlanInputs, type PlannedRelease } from "../../src/plan/planner.ts";
import { unsafeLayouts } from "../../src/plan/upgrade/verdict.ts";
import { openProduct, type Product } from "./product.ts";

const LAYOUTS = "storage-layouts/test.json";
const script = (call: string) => `script/Upgrades.s.sol:Upgrades --sig "${call}"`;

let product: Product;
let world: World<[{ id: 5; name: "alpha" }]>;
/** A checkout of the commit after the first release: the files of that are in it. */
let released: string;

beforeAll(async () => {
  [product, world] = await Promise.all([
    openProduct("vaults"),
    startWorld({ chains: [{ id: 5, name: "alpha" }] }),
  ]);
  const { folder } = await plan("first()", {});
  released = await product.checkout();
  await cp(join(folder, "files"), released, { recursive: true });
  await product.broadcast(await product.checkout(), world.chains, script("first()"));
});

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await product?.[Symbol.asyncDispose]();
});

async function plan(call: string, over: Partial<PlanInputs>): Promise<PlannedRelease> {
  const inputs = await product.inputs(world.chains, script(call));
  return makePlan({ ...inputs, ...over }, contextForTests(), product.env);
}

async function refusal(call: string, over: Partial<PlanInputs>): Promise<ActionError> {
  return plan(call, over).then(
    () => {
      throw new Error("it was planned");
    },
    (error) => error as ActionError,
  );
}

/** Another checkout of what was released, with `Box` edited in its place. */
async function edited(from: string, to: string): Promise<string> {
  const project = `${released}-${Math.random().toString(36).slice(2)}`;
  await cp(released, project, { recursive: true });
  const path = join(project, "src/Box.sol");
  const source = await readFile(path, "utf8");
  expect(source).toContain(from);
  await writeFile(path, source.replace(from, to));
  return project;
}

test("a release leaves the layouts of its implementations among the files that are taken over", async () => {
  const { implementations } = JSON.parse(await readFile(join(released, LAYOUTS), "utf8"));
  expect(implementations).toMatchObject([
    { chain: "alpha", chainId: 5, contract: "src/Box.sol:Box", layout: { storage: [{}, {}, {}] } },
  ]);
});

test("an upgrade that goes on behind what there was is compatible, and its layout is kept, too", async () => {
  const { summary, warnings, folder } = await plan("extends()", { project: released });

  expect(warnings).toEqual([]);
  expect(summary).toMatch(
    /\| `0x\w+|OpenProxy.*` \| alpha \| `src\/Box.sol:Box` \| `src\/Box.sol:BoxV2` \| compatible \|/,
  );
  const kept = JSON.parse(await readFile(join(folder, "files", LAYOUTS), "utf8"));
  expect(kept.implementations.map(({ contract }: { contract: string }) => contract)).toEqual([
    ...["src/Box.sol:Box", "src/Box.sol:BoxV2"],
  ]);
});

test.each(["crushes()", "crushesBeacon()"])(
  "an upgrade that reads storage wrongly is refused in the tool's own words: %s",
  async (call) => {
    const error = await refusal(call, { project: released });
    expect(error).toMatchObject({ code: "layout-incompatible" });
    expect(error.why).toContain("from src/Box.sol:Box to src/Box.sol:Crushed");
    expect(error.why).toContain("Deleted `maker`");
    expect(error.next).toContain("unsafe-layouts");
  },
);

test("one that is declared, with the reason, is a warning", async () => {
  const allowed = unsafeLayouts.parse("Crushed # nothing is in the boxes yet");
  const { warnings } = await plan("crushes()", { project: released, unsafeLayouts: allowed });
  expect(warnings).toEqual([expect.stringMatching(/changes its storage layout.*nothing is in/)]);
});

test("a contract that was edited in its place is compared with what stands, by the file", async () => {
  const good = await edited("public held;", "public held;\n    uint256 public extra;");
  expect((await plan("again()", { project: good })).warnings).toEqual([]);

  const bad = await edited(
    "uint256 public size;",
    "uint256 public extra;\n    uint256 public size;",
  );
  const error = await refusal("again()", { project: bad });
  expect(error.code).toBe("layout-incompatible");
  expect(error.why).toContain("Inserted `extra`");
});

test("without the file, what stands is found among the contracts of the build", async () => {
  const project = await edited("// SPDX", "// SPDX");
  await rm(join(project, LAYOUTS));
  expect((await plan("extends()", { project })).warnings).toEqual([]);
  expect((await refusal("crushes()", { project })).code).toBe("layout-incompatible");
});

test("where nothing knows what stands, the plan says loudly that it was not checked", async () => {
  const project = await edited("public held;", "public held;\n    uint256 public extra;");
  await rm(join(project, LAYOUTS));

  const { warnings, summary } = await plan("extends()", { project });
  expect(warnings).toEqual([expect.stringMatching(/was NOT checked for its storage layout/)]);
  expect(summary).toContain("**not checked**");

  // Which contract it upgrades can still be told by an annotation.
  expect((await refusal("crushes()", { project })).code).toBe("layout-incompatible");
});

test("a file of layouts that is none is refused", async () => {
  const project = await edited("// SPDX", "// SPDX");
  await writeFile(join(project, LAYOUTS), "{}");
  expect((await refusal("extends()", { project })).code).toBe("layouts-unreadable");
});
