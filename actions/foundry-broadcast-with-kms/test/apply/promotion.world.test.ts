import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Plan, planDigest, planText } from "@playbook/evm";
import { readPromoted } from "../../src/promotion/promoted.ts";
import { type Office, openOffice, type Planned } from "./office.ts";
import { history } from "./state.ts";

let office: Office;

beforeAll(async () => {
  office = await openOffice([{ id: 10012 }]);
});
afterAll(() => office?.world[Symbol.asyncDispose]());

/** A release of so many calls, which says that it repeats another. */
async function planned(count: number, promotes?: Plan["promotes"]): Promise<Planned> {
  const calls = Array.from({ length: count }, (_, index) => ({ name: `count(${index})` }));
  const { made, folder, from } = await office.plan(calls);
  const plan: Plan = { ...made, version: 2, ...(promotes ? { promotes } : {}) };
  await writeFile(join(folder, "plan.json"), planText(plan));
  return { made: plan, folder, digest: planDigest(plan), from };
}

const claim = (plan: string) => ({ environment: "staging", release: "v1", plan });

test("a release is repeated from the results of the other, as they were left", async () => {
  const first = await planned(2);
  const { inputs } = await office.release(first);
  const text = await readFile(join(inputs.release, "plan.json"), "utf8");
  const promoted = await readPromoted(inputs.release, first.digest);
  expect(text).toBe(planText(first.made));

  const second = await planned(2, claim(first.digest));
  await office.release(second, { promoted });
  expect((await history(office, second)).at(-1)).toBe("finished");
});

test("what does not repeat it is refused, with nothing stored or signed", async () => {
  const first = await planned(2);
  const promoted = { plan: first.made, digest: planDigest(first.made) };
  const nonce = await office.chain.nonce(office.signer);

  const other = await planned(3, claim(first.digest));
  await expect(office.release(other, { promoted })).rejects.toMatchObject({
    code: "promotion-differs",
    why: expect.stringContaining("is new"),
  });
  const silent = await planned(2);
  await expect(office.release(silent, { promoted })).rejects.toMatchObject({
    code: "promotion-differs",
    why: expect.stringContaining("nothing of one"),
  });
  const elsewhere = await planned(2, claim(`sha256:${"0".repeat(64)}`));
  await expect(office.release(elsewhere, { promotesDigest: first.digest })).rejects.toMatchObject({
    code: "promotion-differs",
  });

  expect(await office.chain.nonce(office.signer)).toBe(nonce);
  expect(await history(office, other)).toEqual([]);
});
