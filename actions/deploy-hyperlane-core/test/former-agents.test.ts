import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agentsOf } from "../src/apply/results.ts";
import { summarize } from "../src/apply/summary.ts";
import type { Entry } from "../src/document.ts";
import { formerAgents } from "../src/plan/former-agents.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "agents-"));
});
afterEach(() => rm(folder, { recursive: true }));

const path = () => join(folder, "agent-config.json");
const mailbox = "0x1111111111111111111111111111111111111111";

function entry(name: string, since: number | null): Entry {
  return {
    ...{ name, chainId: 5, metadata: {}, config: "", domains: {}, known: {} },
    ...{ addresses: { mailbox }, since, changes: [], proposals: [], scheduled: [] },
  } as Entry;
}

describe("what agents have known until now", () => {
  test("is nothing where there is no file", async () => {
    expect(await formerAgents(path(), ["a"])).toEqual({});
  });

  test("is of the registry's chains alone", async () => {
    const chains = { a: { mailbox, blocks: { reorgPeriod: 3 } }, gone: { mailbox } };
    await writeFile(path(), JSON.stringify({ chains, defaultRpcConsensusType: "fallback" }));

    expect(await formerAgents(path(), ["a", "b"])).toEqual({ a: chains.a });
  });

  test.each(["{", "[]", '{"chains": {"a": 1}}'])("is not %s", async (text) => {
    await writeFile(path(), text);

    await expect(formerAgents(path(), ["a"])).rejects.toMatchObject({
      code: "bad-agent-config",
      next: expect.stringContaining("agent-config"),
    });
  });

  test("stays for chains that the run leaves out, or has not brought to a mailbox", () => {
    const former = { a: { index: { from: 1 } }, b: { index: { from: 2 } } };

    const { chains } = agentsOf([entry("b", 7), entry("c", 9), entry("a", null)], former);

    expect(Object.keys(chains)).toEqual(["a", "b", "c"]);
    expect(chains).toMatchObject({ a: former.a, b: { index: { from: 7 } }, c: { mailbox } });
  });

  test("is told to be missing of a chain that has never been reached", () => {
    const unreached = ["a", "b"].map((name) => ({ name, why: "It is down.", isFlawed: false }));

    const summary = summarize([], [], { unreached, agents: { a: {} } });

    expect(summary).toContain("does not know b yet");
    expect(summary).not.toContain("does not know a yet");
  });
});
