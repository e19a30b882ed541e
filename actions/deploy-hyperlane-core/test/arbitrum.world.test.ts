import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { configOf, openStage, type Stage } from "./stage.ts";

const NAMES = ["chain5", "chain42161"] as const;
const [PLAIN, NITRO] = NAMES;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage([{ id: 5 }, { id: 42161, rollup: "arbitrum" }]);
  await stage.write({
    [PLAIN]: configOf(stage.sender, [NITRO]),
    [NITRO]: configOf(stage.sender, [PLAIN]),
  });
});
afterAll(() => stage?.[Symbol.asyncDispose]());

/** As the official CLI has it ask for, where it adds such a chain to a registry. */
async function index(from: number): Promise<void> {
  const nitro = stage.chains.find(({ name }) => name === NITRO);
  const path = join(stage.product, "registry/chains", NITRO, "metadata.yaml");
  await writeFile(path, stringify({ ...nitro?.metadata(), index: { from } }));
}

test("a chain whose mailbox would know Ethereum's blocks alone has to say where agents begin", async () => {
  const { outputs, summary } = await stage.planned();

  expect(outputs).toMatchObject({ unreached: [NITRO] });
  expect(summary).toContain("does not say at which block agents begin on chain42161");
  await expect(stage.planned({ chains: [NITRO] })).rejects.toMatchObject({ code: "no-index" });
});

test("where data is charged in gas, each step has enough of it", async () => {
  await index(7);

  const { outputs, failure } = await stage.brought();

  expect(failure).toBeUndefined();
  expect(outputs).toMatchObject({ changed: true, failed: [] });
  const agents = JSON.parse(
    await readFile(join(stage.product, "result/agent-config.json"), "utf8"),
  );
  expect(agents.chains[NITRO]).toMatchObject({ index: { from: 7 } });
  expect((await stage.planned()).outputs).toMatchObject({ steps: 0, proposals: 0 });
});
