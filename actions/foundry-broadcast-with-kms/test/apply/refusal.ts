import { inspect } from "node:util";
import { ActionError, explain } from "@playbook/action";
import { attempt } from "./job.ts";
import type { Given, Office } from "./office.ts";
import { signed } from "./signed.ts";
import { objects } from "./state.ts";

export type Told = { code: string; what: unknown; why?: unknown; next: unknown };

/** All that a run could have changed. */
async function world(office: Office) {
  const nonces = office.chains.map((chain) => chain.nonce(office.signer));
  const signatures = signed(office);
  return { nonces: await Promise.all(nonces), signatures, objects: await objects(office) };
}

const SECRETS = /eyJ[\w-]{8,}|A[SK]IA[A-Z2-7]{16}|IQoJb3JpZ2lu|hunter2/;

/**
 * Runs the action and asserts that it says this and shows no secret, and that nothing has happened:
 * no nonce used, nothing signed but on trial, nothing stored but what stands aside.
 */
export async function refused(
  office: Office,
  given: Given,
  told: Told,
  aside: string[] = [],
): Promise<void> {
  const before = await world(office);

  const error = await attempt(given).then(
    () => new Error("It was to be refused and was not."),
    (error: unknown) => error,
  );

  expect(error).toBeInstanceOf(ActionError);
  expect(error).toMatchObject(told);
  const after = await world(office);
  const added = after.objects.filter((one) => !before.objects.includes(one));
  expect(added.map((one) => one.split(" ")[0])).toEqual(aside);
  expect({ ...after, objects: [] }).toEqual({ ...before, objects: [] });
  expect(`${explain(error)}\n${inspect(error, { depth: 8 })}`).not.toMatch(SECRETS);
}
