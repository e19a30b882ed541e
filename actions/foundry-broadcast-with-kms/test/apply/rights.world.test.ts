import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Address, type Plan, planDigest, planText } from "@playbook/evm";
import { keeps } from "../../src/rights/keeps.ts";
import { type Office, openOffice, type Planned } from "./office.ts";
import { history, manifestsOf } from "./state.ts";

/** SLOAD(0), returned as a word: whatever it is asked, this contract names one account. */
const NAMES_ONE = "0x60005460005260206000f3";
const VAULT = "0x00000000000000000000000000000000000000AA" as Address;
const SAFE = "0x00000000000000000000000000000000000000bb";

let office: Office;

beforeAll(async () => {
  office = await openOffice([{ id: 10012 }]);
  await office.chain.send("anvil_setCode", [VAULT, NAMES_ONE]);
});
afterAll(() => office?.world[Symbol.asyncDispose]());

/** Who it is that the vault obeys on the live chain. */
function obeys(account: string): Promise<unknown> {
  const word = `0x${account.slice(2).toLowerCase().padStart(64, "0")}`;
  return office.chain.send("anvil_setStorageAt", [VAULT, "0x0", word]);
}

/** A plan that calls the vault, and at whose simulated end the key held nothing undeclared. */
async function planned(declared = ""): Promise<Planned> {
  const { made, folder, from } = await office.plan([{ name: "count" }]);
  const contracts = [{ chain: office.chain.name, address: VAULT, contract: "Vault" }];
  const rights = { contracts, roles: {}, keeps: keeps.parse(declared), held: [] };
  const plan: Plan = { ...made, version: 2, rights };
  await writeFile(join(folder, "plan.json"), planText(plan));
  return { made: plan, folder, digest: planDigest(plan), from };
}

test("a release whose contracts obey others is finished, and says so", async () => {
  await obeys(SAFE);
  const release = await planned();

  const { summary, failure } = await office.release(release);

  expect(failure).toBeUndefined();
  expect(summary).toContain("No role, no ownership, by the chains' own word.");
  expect((await history(office, release)).at(-1)).toBe("finished");
});

test("rights that the key got meanwhile keep a release from being finished, until they are given up", async () => {
  await obeys(office.signer);
  const release = await planned();

  const { summary, failure, outputs } = await office.release(release);

  expect(failure).toMatchObject({
    code: "rights-left",
    why: expect.stringContaining("Vault: owner (chain10012)"),
    next: expect.stringContaining("Vault.transferOwnership(…)"),
  });
  expect(summary).toContain("| `Vault` | `owner` | chain10012 | **not declared** |");
  // What stands on the chain is told and recorded all the same.
  expect(outputs).toMatchObject({ changed: true, addresses: expect.any(Object) });
  expect(await manifestsOf(office, release)).toBe(1);
  expect(await history(office, release)).toEqual(["planned", "chain-done chain10012"]);

  await obeys(SAFE);
  const again = await office.release(release);
  expect(again.failure).toBeUndefined();
  expect(again.outputs).toMatchObject({ changed: false, manifest: outputs.manifest });
  expect((await history(office, release)).at(-1)).toBe("finished");
});

test("what the plan or the run declares is kept", async () => {
  await obeys(office.signer);
  const declared = await planned("Vault: * # it is the key's");
  const { failure, summary } = await office.release(declared);
  expect(failure).toBeUndefined();
  expect(summary).toContain("| `Vault` | `owner` | chain10012 | it is the key's |");

  const undeclared = await planned();
  expect((await office.release(undeclared)).failure).toBeDefined();
  const late = keeps.parse("*: * # known and accepted");
  expect((await office.release(undeclared, { keeps: late })).failure).toBeUndefined();
});

test("a node that does not say whom the contracts obey leaves the release unfinished", async () => {
  await obeys(SAFE);
  const release = await planned();
  const deaf = office.chain.chaos.rule({
    method: "eth_getStorageAt",
    times: Number.POSITIVE_INFINITY,
    action: { kind: "error", code: -32000, message: "not today" },
  });
  await expect(office.release(release)).rejects.toMatchObject({ code: "rpc-refused" });
  deaf.remove();

  await office.release(release);
  expect((await history(office, release)).at(-1)).toBe("finished");
});
