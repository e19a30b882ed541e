import { contextForTests } from "@playbook/action/testing";
import { startIpfs } from "@playbook/world";
import { BLOCKS, LAG, openRealScene, quick, type Scene, TOKEN, untilSaid } from "./scene.ts";
import { watch, wholeAnswers } from "./watch.ts";

let scene: Scene;
let first: Awaited<ReturnType<Scene["release"]>>;
beforeAll(async () => {
  scene = await openRealScene();
  first = await scene.release(1);
  await scene.deploy(first);
}, 600_000);
afterAll(() => scene?.[Symbol.asyncDispose]());
afterEach(() => scene.gate.rise());

const WHOLE = BLOCKS - LAG;

/** More than what one release does to IPFS and the node. */
const MANY = 30;

test("a run that is cut off after any effect is finished by the next one", async () => {
  const deployments = [first.deployment];
  const client = watch(scene.node);
  let cut = 0;
  for (let isCut = true; isCut && cut < MANY; cut += 1) {
    const release = await scene.release(100 + cut);
    scene.gate.fallAfter(cut);
    const outcome = await scene.deploy(release, { keep: 1 }).catch((error) => error);
    isCut = outcome instanceof Error;
    if (isCut) expect(outcome.code).toMatch(/^(node|ipfs)-unreachable$/);

    scene.gate.rise();
    const { outputs } = await scene.deploy(release, { keep: 1 });
    expect(outputs).toMatchObject({ state: "live", deployment: release.deployment });
    expect(await scene.live()).toBe(release.deployment);
    deployments.push(release.deployment);
  }
  // Each of its effects was one after which it was cut off, up to the last.
  expect(cut).toBeGreaterThan(10);
  expect(cut).toBeLessThan(MANY);
  expect(wholeAnswers(await client.end(), deployments, WHOLE)).toEqual(deployments);
}, 600_000);

test("a node that is down is told from one that refuses, and is what the next run needs", async () => {
  const release = await scene.release(200);
  await scene.node.down();
  await expect(scene.deploy(release)).rejects.toMatchObject({
    code: "node-unreachable",
    why: expect.stringContaining("No answer came"),
  });

  await scene.node.up();
  expect((await scene.deploy(release)).outputs).toMatchObject({ state: "live" });
});

test("a node that is gone for a while is waited for", async () => {
  const release = await scene.release(210);
  await scene.node.slow(0);
  // With the pauses of a real run: the node takes its time to come up.
  const context = contextForTests();
  const running = scene.deploy(release, {}, context);
  await untilSaid(context, "block");

  await scene.node.down();
  await scene.node.up();

  expect((await running).outputs).toMatchObject({ state: "live" });
});

test("a chain that is away while it is indexed is waited for, as the node does", async () => {
  const release = await scene.release(215);
  await scene.node.slow(10);
  const context = quick();
  const running = scene.deploy(release, {}, context);
  await untilSaid(context, "block");
  const action = { kind: "error", code: -32_000, message: "header not found" } as const;
  const away = scene.chain.chaos.rule({ times: Number.POSITIVE_INFINITY, action });
  await untilSaid(context, "block", context.said.length + 100);

  away.remove();

  expect((await running).outputs).toMatchObject({ state: "live" });
}, 300_000);

test("IPFS that is down is told, and nothing was deployed", async () => {
  const before = await scene.live();
  const release = await scene.release(220);
  await scene.ipfs.down();
  await expect(scene.deploy(release)).rejects.toMatchObject({ code: "ipfs-unreachable" });
  expect(scene.gate.effects.filter((effect) => effect.startsWith("subgraph"))).toEqual([]);
  expect(await scene.live()).toBe(before);

  await scene.ipfs.up();
  expect((await scene.deploy(release)).outputs).toMatchObject({ state: "live" });
});

test("an IPFS that the node does not read from is found out", async () => {
  await using other = await startIpfs();
  await expect(scene.deploy(await scene.release(230), { ipfs: other.url })).rejects.toMatchObject({
    code: "deployment-refused",
    next: expect.stringContaining("another IPFS than `ipfs` names"),
  });
});

test.each([
  { given: undefined, why: "It demands a token." },
  { given: "wrong", why: "It does not know the token that was given." },
])("with $given for a token nothing is deployed", async ({ given, why }) => {
  const before = await scene.live();
  const wrong = scene.deploy(await scene.release(240), { adminToken: given });
  await expect(wrong).rejects.toMatchObject({ code: "admin-refused", why });
  expect(await scene.live()).toBe(before);
});

test("a run that is ended stops where it is, and says so", async () => {
  const release = await scene.release(250);
  await scene.node.slow(0);
  const context = quick();
  const running = scene.deploy(release, {}, context);
  await untilSaid(context, "block");

  context.stop.abort(new Error("ended"));

  await expect(running).rejects.toThrow("ended");
  expect(context.said.join()).not.toContain(TOKEN);
});
