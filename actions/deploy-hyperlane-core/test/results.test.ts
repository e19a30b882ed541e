import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { writeResults } from "../src/apply/results.ts";
import type { CoreDocument, Entry } from "../src/document.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "results-"));
});
afterEach(() => rm(folder, { recursive: true }));

const mailbox = "0x1111111111111111111111111111111111111111";

function outcome(name: string, over: Partial<Entry> = {}) {
  const entry = {
    ...{ name, chainId: 5, metadata: {}, config: `config of ${name}`, known: {} },
    ...{ domains: { a: 1, b: 2, away: 3 }, addresses: { mailbox }, since: 7 },
    ...{ changes: [], proposals: [], scheduled: [], ...over },
  } as Entry;
  return { entry, toSign: [] };
}

const proposal = { chain: "b", by: mailbox, to: mailbox, data: "0x", label: "set", after: [] };
const write = (...outcomes: ReturnType<typeof outcome>[]) => writeUpon({}, ...outcomes);
const writeUpon = (agents: object, ...outcomes: ReturnType<typeof outcome>[]) =>
  writeResults(folder, outcomes, { createdAt: 0, agents } as unknown as CoreDocument);

test("the configs are there for whoever checks, with all domains, and who waits for an owner", async () => {
  await write(outcome("a"), outcome("b", { proposals: [proposal] } as Partial<Entry>));

  const names = ["a.yaml", "b.yaml", "release.json"];
  expect((await readdir(join(folder, "configs"))).sort()).toEqual(names);
  expect(await readFile(join(folder, "configs/a.yaml"), "utf8")).toBe("config of a");
  const known = JSON.parse(await readFile(join(folder, "configs/release.json"), "utf8"));
  expect(known).toEqual({ domains: { a: 1, b: 2, away: 3 }, waiting: ["b"] });
});

test("what else the registry lists stays there, and what is new takes the place of the old", async () => {
  const [pausableHook, old] = [2, 3].map((one) => `0x${`${one}`.repeat(40)}`);
  const known = { pausableHook, mailbox: old, batchContractAddress: old };
  await write(outcome("a", { known } as Partial<Entry>));

  const text = await readFile(join(folder, "registry/chains/a/addresses.yaml"), "utf8");
  const expected = { pausableHook, mailbox, batchContractAddress: old };
  expect(parse(text)).toEqual(expected);
  const { chains } = JSON.parse(await readFile(join(folder, "agent-config.json"), "utf8"));
  expect(chains.a).toMatchObject(expected);
});

test("of chains without a mailbox there are none", async () => {
  await write(outcome("c", { since: null }));

  expect(await readdir(folder)).toEqual(["agent-config.json", "registry"]);
});

test.each([
  ["no later than they did with the same mailbox", { mailbox, index: { from: 3 } }, 3],
  ["no later than its messages do", { mailbox, index: { from: 9 } }, 7],
  ["anew with another mailbox", { mailbox: `0x${"3".repeat(40)}`, index: { from: 3 } }, 7],
  ["where messages do if they said nothing", { mailbox, index: {} }, 7],
])("agents begin %s", async (_, former, from) => {
  await writeUpon({ a: former }, outcome("a"));

  const { chains } = JSON.parse(await readFile(join(folder, "agent-config.json"), "utf8"));
  expect(chains.a.index).toEqual({ from });
});
