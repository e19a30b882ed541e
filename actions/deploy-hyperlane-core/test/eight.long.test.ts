import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Chain, ChainOptions } from "@playbook/world";
import { multisig } from "../../../packages/hyperlane/test/core-config.ts";
import { openStage, type Stage } from "./stage.ts";

/** Different in how blocks come about; the last one joins later. */
const OPTIONS: ChainOptions[] = [
  { id: 41 },
  { id: 42, mining: { everySeconds: 1 } },
  { id: 43, mining: { everySeconds: 1 }, pool: "geth" },
  { id: 44, mining: { everySeconds: 2 } },
  { id: 45 },
  { id: 46, mining: { everySeconds: 1 } },
  { id: 47 },
  { id: 48, mining: { everySeconds: 4 } },
  { id: 49 },
];

const names = OPTIONS.map(({ id }) => `chain${id}`);
const eight = names.slice(0, 8);
const NINTH = "chain49";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(OPTIONS);
  for (const name of ["chain45", "chain46"]) withoutBaseFee(chainOf(name));
  chainOf("chain47").chaos.setDelay(30);
});
afterAll(() => stage?.[Symbol.asyncDispose]());

const chainOf = (name: string): Chain => {
  const found = stage.chains.find((chain) => chain.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
};

type Call = { params?: unknown[] };

/** A chain that has no base fee, and refuses what is not a legacy transaction. */
function withoutBaseFee({ chaos }: Chain): void {
  const strip = (block: unknown) => {
    const { baseFeePerGas: _, ...rest } = block as Record<string, unknown>;
    return rest;
  };
  const isTyped = ({ params }: Call) => /^0x0[1-4]/.test(String(params?.[0]));
  const unsupported = { kind: "error", code: -32000, message: "transaction type not supported" };
  chaos.rule({
    ...{ method: "eth_getBlockByNumber", times: Infinity },
    action: { kind: "lie", as: (block) => block && strip(block) },
  });
  chaos.rule({
    ...{ method: "eth_sendRawTransaction", where: isTyped, times: Infinity },
    action: { ...unsupported, kind: "error" },
  });
}

/** Each takes messages from all others: a chain is a line. */
const mesh = (among: readonly string[]) =>
  [
    ...[`owner: "${stage.sender}"`, `validators: ${JSON.stringify(multisig(2).validators)}`],
    ...["protocolFee: 7", "chains:"],
    ...among.map((name) => `  ${name}: { gasPrice: 1000, tokenPrice: 1 }`),
  ].join("\n");

const configs = () => join(stage.product, "mesh.yaml");
const planned = () => stage.planned({ configs: configs() });
const brought = () => stage.brought({ configs: configs() });

type Part = { entry: { name: string; changes: { subject: string }[] }; plan: string | null };

type Wanted = { changes: string[]; calls: string[] };

/** What is to differ on each chain of the plan, and what its transactions call. */
async function toCome(): Promise<Record<string, Wanted>> {
  const folder = join(stage.product, "plan");
  const { chains } = JSON.parse(await readFile(join(folder, "plan.json"), "utf8"));
  const read = (chains as Part[]).map(async ({ entry, plan }): Promise<[string, Wanted]> => {
    const text = plan ? await readFile(join(folder, `${entry.name}.json`), "utf8") : "{}";
    const { steps = [] }: { steps?: { label: string }[] } = JSON.parse(text);
    const changes = entry.changes.map(({ subject }) => subject);
    return [entry.name, { changes, calls: steps.map(({ label }) => label.replace(/\(.*/, "")) }];
  });
  return Object.fromEntries(await Promise.all(read));
}

const ROUTE = ["default ISM, origin 49", "gas paymaster: to 49"];

const PRICE = [
  "StorageGasOracle.setRemoteGasDataConfigs",
  "InterchainGasPaymaster.setDestinationGasConfigs",
];

test("eight chains come about at once, two of which know no base fee", async () => {
  await stage.write({});
  await writeFile(configs(), mesh(eight));
  await rm(join(stage.product, "registry/chains", NINTH), { recursive: true });

  const { outputs, failure } = await brought();

  expect(failure).toBeUndefined();
  expect(Object.keys(outputs.mailboxes as object).sort()).toEqual(eight);
  const again = await planned();
  expect(again.outputs).toMatchObject({ steps: 0, proposals: 0, unreached: [] });
}, 180_000);

test("a ninth is a line: it is planned whole, and in the others a route and its price, no more", async () => {
  await stage.write({});
  await writeFile(configs(), mesh(names));

  await planned();

  const { [NINTH]: ninth, ...others } = await toCome();
  expect(Object.keys(others).sort()).toEqual(eight);
  for (const one of Object.values(others)) {
    expect(one).toEqual({ changes: ROUTE, calls: ["DomainRoutingIsm.setIsms", ...PRICE] });
  }
  expect(ninth?.calls.length).toBeGreaterThan(20);
  const { outputs, failure } = await brought();
  expect(failure).toBeUndefined();
  expect(Object.keys(outputs.mailboxes as object).sort()).toEqual(names);
  expect((await planned()).outputs).toMatchObject({ steps: 0, proposals: 0 });
}, 180_000);

test("one less is a route less in the others; its contracts stay, and that is said", async () => {
  await writeFile(configs(), mesh(eight));
  const before = await chainOf(NINTH).nonce(stage.sender);

  const { summary } = await planned();

  expect(summary).toContain(`**${NINTH}**: Hyperlane is there`);
  for (const one of Object.values(await toCome())) {
    expect(one).toEqual({ changes: ROUTE, calls: ["DomainRoutingIsm.removeIsms", ...PRICE] });
  }
  const { failure } = await brought();
  expect(failure).toBeUndefined();
  expect(await chainOf(NINTH).nonce(stage.sender)).toBe(before);
  const again = await planned();
  expect(again.outputs).toMatchObject({ steps: 0, proposals: 0 });
  expect(again.summary).toContain(`**${NINTH}**`);
}, 180_000);
