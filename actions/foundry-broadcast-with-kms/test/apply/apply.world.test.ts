import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { stepsOn } from "@playbook/evm";
import { type Office, openOffice } from "./office.ts";

let office: Office;

beforeAll(async () => {
  office = await openOffice();
});
afterAll(() => office?.world[Symbol.asyncDispose]());

const calls = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `count(${index})` }));

test("a release is sent with the KMS key, and a second run of it sends nothing", async () => {
  const plan = await office.plan(calls(5));

  const first = await office.release(plan);
  const again = await office.release(plan);

  expect(first.outputs).toMatchObject({ changed: true, steps: 6, "plan-digest": plan.digest });
  expect(again.outputs).toMatchObject({
    changed: false,
    "manifest-digest": first.outputs["manifest-digest"],
  });
  const manifest = JSON.parse(await readFile(join(again.inputs.release, "manifest.json"), "utf8"));
  expect(manifest.chains.chain10012.contracts).toContainEqual(
    expect.objectContaining({
      name: "Counter",
      address: stepsOn(plan.made, "chain10012")[0]?.creates[0]?.address,
    }),
  );
});
