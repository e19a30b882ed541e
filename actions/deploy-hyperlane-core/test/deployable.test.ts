import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contextForTests } from "@playbook/action/testing";
import type { Chain } from "@playbook/evm";
import { answering, by } from "../../../packages/evm/test/answering.ts";
import { assertDeployable } from "../src/plan/deployable.ts";
import { plan } from "../src/plan/plan.ts";
import type { Inputs } from "../src/run.ts";

const chain = (name: string, technicalStack?: string) => ({ name, technicalStack }) as Chain;

test("a chain with other bytecode than Ethereum's is refused, and why", () => {
  expect(() => assertDeployable(chain("sophon", "zksync"))).toThrow(
    expect.objectContaining({
      code: "other-bytecode",
      what: expect.stringContaining("sophon"),
      why: expect.stringContaining("metadata.yaml says technicalStack: zksync"),
    }),
  );
});

test.each([undefined, "other", "opstack", "arbitrumnitro", "polygoncdk", "polkadotsubstrate"])(
  "a chain of the stack %s is not",
  (stack) => {
    expect(() => assertDeployable(chain("alpha", stack))).not.toThrow();
  },
);

const OWNER = `0x${"1".repeat(40)}` as const;
const CONFIG = JSON.stringify({
  ...{ owner: OWNER, defaultIsm: { type: "testIsm" } },
  ...{ defaultHook: { type: "merkleTreeHook" }, requiredHook: { type: "merkleTreeHook" } },
});

/** A chain that has nothing yet. */
const EMPTY = {
  ...{ eth_chainId: "0x5", eth_blockNumber: "0x1", eth_getTransactionCount: "0x0" },
  ...{ eth_gasPrice: "0x1", eth_getCode: "0x", eth_call: "0x" },
  eth_getBlockByNumber: { number: "0x1", hash: `0x${"0".repeat(64)}`, gasLimit: "0x1c9c380" },
};

test("it is left out of a plan with a word of why, and holds no other chain up", async () => {
  await using stack = new AsyncDisposableStack();
  const node = stack.use(await answering(by(EMPTY)));
  const folder = await mkdtemp(join(tmpdir(), "deployable-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const listed = { five: { chainId: 5 }, sophon: { chainId: 6, technicalStack: "zksync" } };
  const [registry, configs, written] = ["registry", "configs", "plan"].map((one) =>
    join(folder, one),
  );
  await mkdir(configs as string);
  for (const [name, more] of Object.entries(listed)) {
    const metadata = { name, protocol: "ethereum", rpcUrls: [{ http: node.url }], ...more };
    await mkdir(join(registry as string, "chains", name), { recursive: true });
    await writeFile(
      join(registry as string, "chains", name, "metadata.yaml"),
      JSON.stringify(metadata),
    );
    await writeFile(join(configs as string, `${name}.yaml`), CONFIG);
  }
  const none = { validators: [], relayers: [], rpcUrls: [], quorum: [], fees: [], chains: [] };
  const allowed = {
    ...{
      allowFewValidators: [],
      allowLowThreshold: [],
      allowSharedKeys: [],
      instantFinality: ["five"],
    },
    ...{ allowNoMerkleTree: [], allowOneOperator: [], allowOnePlace: [], allowUnsigned: ["five"] },
  };
  const where = { registry, configs, plan: written, agentConfig: join(folder, "none.json") };
  const who = { repository: "acme/five", environment: "test", commit: null, sender: OWNER };
  const inputs = { ...none, ...allowed, ...where, ...who } as unknown as Inputs;

  const { outputs, summary } = await plan(inputs, contextForTests());

  expect(outputs).toMatchObject({ unreached: ["sophon"], steps: expect.any(Number) });
  expect(outputs.steps).toBeGreaterThan(0);
  expect(summary).toMatch(/\*\*sophon\*\*.* does not run Ethereum's bytecode.*official CLI/);
  const { chains, unreached } = JSON.parse(
    await readFile(join(written as string, "plan.json"), "utf8"),
  );
  expect(chains.map((one: { entry: { name: string } }) => one.entry.name)).toEqual(["five"]);
  expect(unreached).toMatchObject([{ name: "sophon", isFlawed: true }]);
});
