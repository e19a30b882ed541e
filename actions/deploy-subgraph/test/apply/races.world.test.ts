import { BLOCKS, LAG, NAME, openRealScene, quick, type Release, type Scene } from "./scene.ts";
import { watch, wholeAnswers } from "./watch.ts";

const WHOLE = BLOCKS - LAG;
const DEPLOYED = `subgraph_deploy ${NAME}`;

let scene: Scene;
let first: Release;
beforeAll(async () => {
  scene = await openRealScene();
  first = await scene.release(1);
  await scene.deploy(first);
}, 600_000);
afterAll(() => scene?.[Symbol.asyncDispose]());
beforeEach(() => {
  Object.assign(scene.gate, { before: undefined, after: undefined });
  scene.gate.rise();
});

/** Stops the next deployment under the public name on its way, until it is let go. */
function held() {
  const [begun, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  scene.gate.before = async (effect) => {
    if (effect !== DEPLOYED) return;
    scene.gate.before = undefined;
    begun.resolve();
    await gone.promise;
  };
  return { begun: begun.promise, letGo: gone.resolve };
}

/** A context, and when its run waits for another one. */
function waiting() {
  const waits = Promise.withResolvers<void>();
  const context = quick();
  const { progress } = context;
  context.progress = (line) => {
    progress(line);
    if (line.includes("waiting until that is over")) waits.resolve();
  };
  return { context, waits: waits.promise };
}

const two = async (order: number) => [await scene.release(order), await scene.release(order + 1)];

/** What the public name has shown since it was watched, and shows in the end. */
const shown = async (client: ReturnType<typeof watch>, releases: (Release | undefined)[]) => {
  const deployments = releases.map((one) => one?.deployment ?? "");
  return wholeAnswers(await client.end(), deployments, WHOLE);
};

test("of two that are put in place at once the newer waits for the older, and is never taken back", async () => {
  const before = await scene.live();
  const [older, newer] = (await two(10)) as [Release, Release];
  const client = watch(scene.node);
  const { begun, letGo } = held();
  const late = scene.deploy(older);
  await begun;

  const { context, waits } = waiting();
  const next = scene.deploy(newer, {}, context);
  await waits;
  expect(await scene.live()).toBe(before);
  letGo();

  expect((await next).outputs).toMatchObject({ state: "live", changed: true });
  expect((await late).outputs).toMatchObject({ state: "superseded" });
  const all = [first, older, newer].map(({ deployment }) => deployment);
  const seen = await shown(client, [first, older, newer]);
  expect(all.filter((one) => seen.includes(one))).toEqual(seen);
  expect(await scene.live()).toBe(newer.deployment);
});

test("an older one that is killed as its late deployment takes effect does not stay", async () => {
  const [older, newer] = (await two(20)) as [Release, Release];
  const { begun, letGo } = held();
  const dying = quick();
  scene.gate.after = async (effect) => {
    if (effect !== DEPLOYED) return;
    scene.gate.after = undefined;
    dying.stop.abort(new Error("killed"));
  };
  const late = scene.deploy(older, {}, dying).catch((error) => error);
  await begun;

  const { context, waits } = waiting();
  const next = scene.deploy(newer, {}, context);
  await waits;
  letGo();

  expect(await late).toMatchObject({ message: "killed" });
  expect((await next).outputs).toMatchObject({ state: "live", changed: true });
  expect(await scene.live()).toBe(newer.deployment);
});

test("nobody waits for what was given up once", async () => {
  const { context, waits } = waiting();
  let hasWaited = false;
  waits.then(() => {
    hasWaited = true;
  });
  const { outputs } = await scene.deploy(await scene.release(25), {}, context);
  expect(outputs).toMatchObject({ state: "live" });
  expect(hasWaited).toBe(false);
});

test("what is held longer than anybody waits gives way by itself", async () => {
  const [older, newer] = (await two(30)) as [Release, Release];
  const { begun, letGo } = held();
  const late = scene.deploy(older);
  await begun;
  const client = watch(scene.node);

  const { outputs } = await scene.deploy(newer);
  expect(outputs).toMatchObject({ state: "live", changed: true });
  letGo();

  expect((await late).outputs).toMatchObject({ state: "superseded", changed: true });
  expect(await scene.live()).toBe(newer.deployment);
  await shown(client, [await scene.release(25), older, newer]);
});

test("what did not get through is not sent again once a newer one has its word", async () => {
  const [older, newer] = (await two(40)) as [Release, Release];
  scene.gate.before = async (effect) => {
    if (effect !== DEPLOYED) return;
    scene.gate.before = undefined;
    await scene.deploy(newer);
    throw new Error("lost on its way");
  };
  const client = watch(scene.node);

  const { outputs } = await scene.deploy(older);

  expect(outputs).toMatchObject({ state: "superseded", changed: false });
  const seen = await shown(client, [await scene.release(31), newer]);
  expect(seen).toEqual([(await scene.release(31)).deployment, newer.deployment]);
});

test("of two ways back at once the one that was said later is taken, and the other ends", async () => {
  const [one, other] = [await scene.release(10), await scene.release(11)];
  const { begun, letGo } = held();
  const late = scene.deploy(one, { rollback: true });
  await begun;

  const { context, waits } = waiting();
  const next = scene.deploy(other, { rollback: true }, context);
  await waits;
  letGo();

  expect((await next).outputs).toMatchObject({ state: "live", changed: true });
  expect((await late).outputs).toMatchObject({ state: "superseded" });
  expect(await scene.live()).toBe(other.deployment);
});
