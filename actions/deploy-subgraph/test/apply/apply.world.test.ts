import {
  BLOCKS,
  FAILS_AT,
  LAG,
  NAME,
  openRealScene,
  openScene,
  quick,
  type Scene,
  TOKEN,
} from "./scene.ts";
import { watch, wholeAnswers } from "./watch.ts";

type Indexed = { node: string | null };

/** The block from which on a deployment may answer. */
const WHOLE = BLOCKS - LAG;

const nodes = [["a stand-in", openScene] as const, ["graph-node itself", openRealScene] as const];
const scenes = nodes.flatMap(([who, open]) =>
  (["instant", "synced"] as const).map((mode) => ({ who, mode, open })),
);

describe.each(scenes)("$who that switches $mode", ({ open, mode }) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await open({ mode });
  }, 600_000);
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test("the first release is under its own name, and public once it is whole", async () => {
    const first = await scene.release(1);
    const client = watch(scene.node);

    const { outputs, summary } = await scene.deploy(first);

    expect(outputs).toMatchObject({
      ...{ state: "live", deployment: first.deployment, changed: true },
      url: `${scene.node.queryUrl}/subgraphs/name/${NAME}`,
    });
    expect(summary).toContain(first.deployment);
    expect(wholeAnswers(await client.end(), [first.deployment], WHOLE)).toEqual([first.deployment]);
    expect(await scene.ipfs.isPinned(first.deployment)).toBe(true);
  });

  test("the next one takes its place when it has caught up; till then the first one serves", async () => {
    const [first, second] = [await scene.release(1), await scene.release(2)];
    await scene.node.slow(10);
    const client = watch(scene.node);

    const { outputs } = await scene.deploy(second);

    expect(outputs).toMatchObject({ state: "live", changed: true });
    const both = [first.deployment, second.deployment];
    expect(wholeAnswers(await client.end(), both, WHOLE)).toEqual(both);
  });

  test("the same release again changes nothing", async () => {
    scene.gate.rise();
    const { outputs, summary } = await scene.deploy(await scene.release(2));

    expect(outputs).toMatchObject({ state: "live", changed: false });
    expect(summary).toContain("as it did before");
    expect(scene.gate.effects).toEqual([]);
  });

  test("a fatal error while it catches up keeps the old one serving", async () => {
    const [second, third] = [await scene.release(2), await scene.release(3, { fails: true })];
    await scene.node.slow(undefined);
    const client = watch(scene.node);

    await expect(scene.deploy(third)).rejects.toMatchObject({
      code: "deployment-failed",
      what: expect.stringContaining(`acme/nexus-v3 failed at block ${FAILS_AT}`),
      why: expect.stringMatching(/^The node says:\n./),
    });

    const served = wholeAnswers(await client.end(), [second.deployment], WHOLE);
    expect(served).toEqual([second.deployment]);
  });

  test("an answer that is not as expected keeps the old one serving", async () => {
    const queries = {
      "peers.graphql": "query ($most: Int) { peers(first: $most) { id } }",
      "peers.json": JSON.stringify({ variables: { most: 5 }, data: { peers: { $min: 1 } } }),
      "wrong.graphql": "{ nothing { id } }",
    };
    const [second, fourth] = [await scene.release(2), await scene.release(4, { queries })];

    await expect(scene.deploy(fourth)).rejects.toMatchObject({
      code: "expectation-failed",
      what: 'The query "peers" is not answered as expected.',
      why: expect.stringMatching(/data\.peers\n- {"\$min":1}\n\+ \[\]\nNor are: wrong$/),
    });
    expect(await scene.live()).toBe(second.deployment);
  });

  test("a long sync ends the run well, and the next run puts it in place", async () => {
    const [second, fifth] = [await scene.release(2), await scene.release(5)];
    await scene.node.slow(0);
    const client = watch(scene.node);

    const waiting = await scene.deploy(fifth, { wait: 200 });
    expect(waiting.outputs).toMatchObject({ state: "syncing", changed: false });
    expect(waiting.summary).toContain("goes on serving");
    await scene.node.slow(undefined);
    const { outputs } = await scene.deploy(fifth);

    expect(outputs).toMatchObject({ state: "live", changed: true });
    const both = [second.deployment, fifth.deployment];
    expect(wholeAnswers(await client.end(), both, WHOLE)).toEqual(both);
  });

  test("an older release does not take a newer one's place, unless it is told to", async () => {
    const [second, fifth] = [await scene.release(2), await scene.release(5)];

    const late = await scene.deploy(second);
    expect(late.outputs).toMatchObject({ state: "superseded", changed: false });
    expect(await scene.live()).toBe(fifth.deployment);

    const back = await scene.deploy(second, { rollback: true });
    expect(back.outputs).toMatchObject({ state: "live", changed: true });
    expect(await scene.live()).toBe(second.deployment);

    const again = await scene.deploy(fifth);
    expect(again.outputs).toMatchObject({ state: "superseded" });
    expect(await scene.live()).toBe(second.deployment);
  });

  test("the last releases keep their names, and older ones lose them", async () => {
    const seventh = await scene.release(7);
    const context = quick();

    await scene.deploy(seventh, { keep: 2 }, context);

    expect(context.said).toContain("Removed acme/nexus-v1.");
    expect(await scene.live()).toBe(seventh.deployment);
    const second = await scene.release(2);
    const first = await scene.release(1);
    const indexed = async ({ deployment }: { deployment: string }) => {
      const query = `{ indexingStatuses(subgraphs: ["${deployment}"]) { node } }`;
      const body = JSON.stringify({ query });
      const answer = await fetch(scene.node.statusUrl, { method: "POST", body });
      const { data } = (await answer.json()) as { data: { indexingStatuses: Indexed[] } };
      return data.indexingStatuses.some(({ node }) => node !== null);
    };
    expect(await indexed(second)).toBe(true);
    expect(await indexed(first)).toBe(false);
  });

  test("the token is in nothing that a run says", async () => {
    const tenth = await scene.release(10);
    const context = quick();
    const { outputs, summary } = await scene.deploy(tenth, {}, context);
    const wrong = await scene
      .deploy(await scene.release(11), { adminToken: `${TOKEN}x` })
      .catch((error) => error);

    expect(wrong).toMatchObject({
      code: "admin-refused",
      why: "It does not know the token that was given.",
    });
    const all = JSON.stringify([outputs, summary, context.said, context.warnings, { ...wrong }]);
    expect(all + wrong.message).not.toContain(TOKEN);
  });
});
