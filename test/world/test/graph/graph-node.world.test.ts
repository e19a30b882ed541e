import { startGraphNode } from "@playbook/world";
import { BLOCKS, openStage } from "./stage.ts";

let stage: Awaited<ReturnType<typeof openStand>>;
beforeAll(async () => {
  stage = await openStand();
}, 1_200_000);
afterAll(() => stage?.[Symbol.asyncDispose]());

/** With the stand-in, which can be told what to do. */
const openStand = () =>
  openStage(({ chain, ...options }) => startGraphNode({ ...options, chains: [chain] }));

test("a deployment that is held stands still, and goes on when it is let go", async () => {
  const { newBuild, height, node, api } = stage;
  const hash = await newBuild();
  await node.slow(0);
  await api.deploy("held", hash);
  const { chains, synced } = (await api.status(hash)) ?? {};

  expect(synced).toBe(false);
  expect(chains?.[0]?.latestBlock).toEqual({
    number: chains?.[0]?.earliestBlock.number,
    hash: expect.any(String),
  });
  await node.slow(undefined);

  expect(await api.atBlock(hash, await height())).toMatchObject({ synced: true });
});

test("a slow one gets there, and is synced ten blocks before", async () => {
  const { newBuild, height, node, api } = stage;
  const hash = await newBuild();
  await node.slow(40);
  await api.deploy("slow", hash);

  const { chains } = await api.until(hash, ({ synced }) => synced);
  expect(Number(chains[0]?.latestBlock?.number)).toBeGreaterThanOrEqual((await height()) - 10);

  await node.slow(undefined);
  await api.atBlock(hash, await height());
});

test("one that is told to fails at its block; what is synced already does not", async () => {
  const { newBuild, height, node, api } = stage;
  const living = await newBuild();
  await api.deploy("living", living);
  await api.atBlock(living, await height());
  const hash = await newBuild();
  const block = (await height()) - BLOCKS + 5;
  await node.failAt(block);
  await api.deploy("told", hash);

  const { fatalError } = await api.until(hash, ({ health }) => health === "failed");
  await node.failAt(undefined);

  expect(fatalError).toMatchObject({ deterministic: true, block: { number: String(block) } });
  expect(await api.atBlock(living, await height())).toMatchObject({ health: "healthy" });
});

test("what no name has any longer is gone when it is reaped, and nothing else", async () => {
  const { newBuild, node, api } = stage;
  const [old, fresh] = [await newBuild(), await newBuild()];
  await api.deploy("reaped", old);
  await api.deploy("reaped", fresh);

  expect(await node.reap()).toContain(old);

  expect(await api.status(old)).toBeUndefined();
  const { errors } = await api.byId(old, "{ _meta { deployment } }");
  expect(errors?.[0]?.message).toBe(`deployment \`${old}\` does not exist`);
  expect(await api.status(fresh)).toMatchObject({ health: "healthy" });
});
