import type { ActionError } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { startWorld, type World } from "@playbook/world";
import { makePlan, type PlannedRelease } from "../../src/plan/planner.ts";
import { keeps } from "../../src/rights/keeps.ts";
import { openProduct, type Product } from "./product.ts";

const script = (call: string) => `script/Rights.s.sol:Rights --sig "${call}"`;

let product: Product;
let world: World<[{ id: 5; name: "alpha" }]>;

beforeAll(async () => {
  [product, world] = await Promise.all([
    openProduct("vaults"),
    startWorld({ chains: [{ id: 5, name: "alpha" }] }),
  ]);
});

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await product?.[Symbol.asyncDispose]();
});

async function plan(line: string, declared = ""): Promise<PlannedRelease> {
  const inputs = await product.inputs(world.chains, line);
  const asked = { ...inputs, keeps: keeps.parse(declared) };
  return makePlan(asked, contextForTests(), product.env);
}

async function refusal(line: string, declared = ""): Promise<ActionError> {
  return plan(line, declared).then(
    () => {
      throw new Error("it was planned");
    },
    (error) => error as ActionError,
  );
}

test("a plan after which the key holds rights is refused, with all of them and the lines that keep them", async () => {
  const error = await refusal(script("keepsAll()"));

  expect(error.code).toBe("rights-left");
  expect(error.why.split("\n").slice(1).sort()).toEqual([
    expect.stringMatching(/^Office: 0x[0-9a-f]{64} \(alpha\)$/),
    "Office: AUDITOR_ROLE (alpha)",
    "Office: DEFAULT_ADMIN_ROLE (alpha)",
    "Office: KEEPER_ROLE (alpha)",
    "Office: admin (alpha)",
    "Office: owner (alpha)",
  ]);

  const [, lines = ""] = error.next.split("keeps: |\n");
  const { plan: planned, summary } = await plan(script("keepsAll()"), lines);
  expect(planned.rights?.held).toHaveLength(6);
  expect(summary).toContain("| `Office` | `KEEPER_ROLE` | alpha | declared |");
});

test("one right that is not declared is enough, and only it is named", async () => {
  const declared = "Office: owner, admin, DEFAULT_ADMIN_ROLE, KEEPER_ROLE, AUDITOR_ROLE";
  const error = await refusal(script("keepsAll()"), declared);
  expect(error.why).toMatch(/holds:\nOffice: 0x[0-9a-f]{64} \(alpha\)$/);
});

test("what was handed over is not held", async () => {
  const { plan: planned, summary } = await plan(script("handsOver()"));
  expect(planned.rights).toMatchObject({ held: [], contracts: [{ contract: "Office" }] });
  expect(summary).toContain("No role, no ownership");
});

test("a right that the key is only offered counts, on a contract of an earlier release, too", async () => {
  const checkout = await product.checkout();
  const [alpha] = world.chains;
  const { plan: first } = await plan(script("handsOver()"));
  await product.broadcast(checkout, world.chains, script("handsOver()"));
  const office = first.steps[0]?.creates[0]?.address ?? "";
  expect(await alpha.send("eth_getCode", [office, "latest"])).not.toBe("0x");

  const line = `${script("isOffered(address)")} ${office}`;
  const error = await refusal(line);

  expect(error.why).toContain("pendingOwner (alpha)");
  const { plan: planned } = await plan(line, `${office}: pendingOwner # until it is accepted`);
  expect(planned.rights?.held).toHaveLength(1);
});
