import { consequencesOf, lossOf } from "../../../../packages/backup/src/index.ts";
import { NAME, openRealScene, openScene, quick, type Release, type Scene } from "./scene.ts";
import { watch } from "./watch.ts";

/*
 * A chain that comes back from a backup is lower than what a graph-node has seen of it: the
 * consequence for subgraphs that restore-axon writes down, walked through.
 */
const PATIENCE_MS = 240_000;
const HASH = `0x${"1".repeat(64)}`;

let scene: Scene;
let release: Release;
afterEach(() => scene?.[Symbol.asyncDispose]());

type Block = { number: number; hash: string };

const blockAt = async (tag: number | "latest"): Promise<Block> => {
  const asked = typeof tag === "number" ? `0x${tag.toString(16)}` : tag;
  const found = await scene.chain.send<{ number: string; hash: string }>("eth_getBlockByNumber", [
    asked,
    false,
  ]);
  return { number: Number(found.number), hash: found.hash };
};

/**
 * The block that the public name answers from; undefined while a chain that goes back is an error.
 */
async function answered(): Promise<Block | undefined> {
  const body = JSON.stringify({ query: "{ _meta { block { number hash } } }" });
  const answer = await fetch(`${scene.node.queryUrl}/subgraphs/name/${NAME}`, {
    method: "POST",
    body,
  });
  return ((await answer.json()) as { data?: { _meta: { block: Block } } }).data?._meta.block;
}

/** Waits until it answers from this block. */
async function answeredFrom(block: Block): Promise<void> {
  const over = Date.now() + PATIENCE_MS;
  for (;;) {
    const seen = await answered();
    if (seen?.number === block.number && seen.hash === block.hash) return;
    if (Date.now() > over) throw new Error(`It answers from ${seen?.number}, not ${block.number}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Goes up to a height, back to an earlier one, and resolves to the block there. */
async function goBack(from: number, to: number): Promise<Block> {
  await scene.chain.mine(to - (await scene.chain.height()));
  const kept = await blockAt("latest");
  const before = await scene.chain.send("evm_snapshot");
  await scene.chain.mine(from - to);
  await answeredFrom(await blockAt("latest"));
  await scene.chain.send("evm_revert", [before]);
  // What comes now is other than what was there.
  await scene.chain.send("evm_increaseTime", [1_000]);
  return kept;
}

/** The commands as a person runs them, up to where the nodes are started again. */
async function follow(block: Block, deployment: string): Promise<void> {
  const { number: height, hash } = block;
  const at = { height, hash, stateRoot: HASH, timestamp: 1 };
  const chain = { id: "10012", genesisHash: HASH, block: at };
  const found = consequencesOf(lossOf(at, null), chain).find(
    ({ consumer }) => consumer === "Subgraph",
  );
  const lines = found?.commands.filter((line) => !line.startsWith("#")) ?? [];
  for (const line of lines) {
    const filled = line.replaceAll("NETWORK", "alpha").replaceAll("DEPLOYMENT", deployment);
    const [, statement] = /^psql DATABASE --command "(.*)"$/.exec(filled) ?? [];
    if (statement) await scene.node.psql(statement);
    else await scene.node.graphman(...filled.split(" ").slice(1));
  }
  expect(lines).toHaveLength(3);
}

const nodes = [
  { who: "the stand-in", open: openScene, rewound: "not safe to rewind" },
  { who: "graph-node itself", open: openRealScene, rewound: "there is no graphman rewind" },
];

describe.each(nodes)("$who", ({ open, rewound }) => {
  beforeEach(async () => {
    scene = await open();
  }, 600_000);

  test("few lost blocks: answers are old until the chain is past them, then right by themselves", async () => {
    release = await scene.release(1);
    await scene.deploy(release);
    const kept = await goBack(60, 50);

    await scene.chain.mine(5);
    const meanwhile = await scene
      .deploy(release, { rpcUrl: scene.chain.url })
      .catch((error) => error);
    expect(meanwhile).toMatchObject({
      code: "lost-block",
      why: expect.stringContaining("answers from block 60"),
    });
    await scene.chain.mine(10);

    await answeredFrom(await blockAt("latest"));
    expect(await blockAt(50)).toEqual(kept);
    const { outputs } = await scene.deploy(release, { rpcUrl: scene.chain.url });
    expect(outputs).toMatchObject({ state: "live", changed: false });
  }, 600_000);

  test("one that began too late is not rewound: another edition takes its place, whole", async () => {
    release = await scene.release(1);
    await scene.deploy(release);
    const kept = await goBack(80, 60);
    await scene.node.down();
    await expect(follow(kept, release.deployment)).rejects.toThrow(rewound);
    await scene.chain.mine(5);
    await scene.node.up();

    const same = await scene.deploy(release, { rpcUrl: scene.chain.url }).catch((error) => error);
    expect(same).toMatchObject({ code: "lost-block", next: expect.stringContaining("edition") });
    const client = watch(scene.node);
    const anew = await scene.release(1, { edition: "after-restore" });
    expect(anew.deployment).not.toBe(release.deployment);
    const context = quick();
    const { outputs, summary } = await scene.deploy(anew, { rpcUrl: scene.chain.url }, context);

    expect(outputs).toMatchObject({ state: "live", changed: true });
    expect(summary).toContain("`lost-block`: as this run began");
    expect(context.warnings.join()).toContain("lost-block");
    await answeredFrom(await blockAt("latest"));
    // Whoever asks gets the old version as it was, or the new one when it had caught up.
    const others = (await client.end()).filter(
      ({ data }) => data?._meta?.deployment !== release.deployment,
    );
    for (const { data } of others) expect(data?._meta?.block.number).toBeGreaterThanOrEqual(60);
    expect(others.every(({ errors }) => errors === undefined)).toBe(true);
  }, 600_000);
});

test("deeper than the node has kept, it stays with what is lost; the commands bring it back", async () => {
  scene = await openScene();
  release = await scene.release(1);
  await scene.deploy(release);
  // Of blocks that it did not see come, a node takes in the newest 250 and no more.
  await scene.node.down();
  await scene.chain.mine(600);
  await scene.node.up();
  const height = await scene.chain.height();
  await answeredFrom(await blockAt(height));
  const lowest = await blockAt(height - 251);

  await scene.chain.send("anvil_rollback", [340]);
  const kept = await blockAt("latest");
  await scene.chain.send("evm_increaseTime", [1_000]);
  await scene.chain.mine(350);
  await answeredFrom(lowest);
  expect(await blockAt(lowest.number)).not.toEqual(lowest);

  await scene.node.down();
  await follow(kept, release.deployment);
  await scene.node.up();

  const first = (await answered()) as Block;
  expect(first.number).toBeGreaterThanOrEqual(kept.number);
  expect(await blockAt(first.number)).toEqual(first);
  await answeredFrom(await blockAt("latest"));
  const { outputs } = await scene.deploy(release, { rpcUrl: scene.chain.url });
  expect(outputs).toMatchObject({ state: "live", changed: false });
}, 600_000);
