import { type Aws, startWorld, until } from "@playbook/world";
import { whole } from "../../../../test/proof.ts";
import { sweep } from "../../../../test/sweep.ts";
import type { Inputs } from "../../src/run.ts";
import { type Boundaries, openBoundaries, type Point } from "./kill/boundaries.ts";
import { launch } from "./kill/child.ts";
import { BLOCKS, LAG, NAME, openRealScene, type Release, type Scene, TOKEN } from "./scene.ts";
import { watch, wholeAnswers } from "./watch.ts";

const WHOLE = BLOCKS - LAG;
const BUCKET = "nexus-state";
const environment = { ...process.env };

/** What a killed run was to do, and what the run after it comes to. */
type Task = {
  release: Release;
  over?: Partial<Inputs>;
  from: Release;
  to: Release;
  /** The error that it ends with, where it cannot end well. */
  code?: string;
};

describe.each(["instant", "synced"] as const)("on a node that switches %s", (mode) => {
  const parts = new AsyncDisposableStack();
  let scene: Scene;
  let aws: Aws;
  let boundaries: Boundaries;
  let count = 0;

  beforeAll(async () => {
    scene = parts.use(await openRealScene({ mode }));
    ({ aws } = parts.use(await startWorld({ aws: {} })));
    await aws.createBucket(BUCKET);
    const { adminUrl: admin } = scene.node;
    boundaries = parts.use(await openBoundaries({ admin, ipfs: scene.ipfs.url, state: aws.url }));
    Object.assign(process.env, aws.environment(aws.admin), { AWS_ENDPOINT_URL: boundaries.state });
  }, 600_000);
  afterAll(async () => {
    process.env = environment;
    await parts.disposeAsync();
  });

  const given = (name: string): Partial<Inputs> => ({
    ...{ name, admin: boundaries.admin, ipfs: boundaries.ipfs },
    ...{ state: `s3://${BUCKET}/subgraphs`, region: aws.region },
  });

  /** A release that nobody has deployed; it takes its time, so that half of it could be seen. */
  const fresh = async (over = {}): Promise<Release> => {
    count += 1;
    await scene.node.slow(150);
    return scene.release(100 + count, over);
  };

  /** What is done, how many points of it `npm test` takes, and how it is prepared. */
  type Sweep = { what: string; samples: number; prepare: (name: string) => Promise<Task> };

  const release: Sweep = {
    what: "a release of a subgraph",
    samples: 3,
    prepare: async (name) => {
      const [from, release] = [await scene.release(1), await fresh()];
      await scene.deploy(from, given(name));
      return { release, from, to: release, over: { keep: 1 } };
    },
  };

  const failing: Sweep = {
    what: "a release of a subgraph that fails",
    samples: 1,
    prepare: async (name) => {
      const [from, release] = [await scene.release(1), await fresh({ fails: true })];
      await scene.deploy(from, given(name));
      return { release, from, to: from, code: "deployment-failed" };
    },
  };

  const wayBack: Sweep = {
    what: "a way back to a subgraph",
    samples: 1,
    prepare: async (name) => {
      const [release, from] = [await scene.release(1), await scene.release(2)];
      await scene.deploy(release, given(name));
      await scene.deploy(from, given(name));
      return { release, from, to: release, over: { rollback: true } };
    },
  };

  /** A run in a process of its own, killed at a point. */
  const runKilled = async ({ release, over = {} }: Task, name: string, point?: Point) => {
    const { keep = 3, rollback = false } = over;
    const { admin, ipfs, state } = given(name) as Required<Inputs>;
    const inputs = {
      ...{ mode: "apply", name, release: release.release, folder: release.folder },
      ...{ environment: "production", admin, "admin-token": TOKEN, ipfs, state },
      ...{ status: scene.node.statusUrl, query: scene.node.queryUrl, region: aws.region },
      ...{ lag: String(LAG), keep: String(keep), rollback: String(rollback) },
    };
    const env = { ...aws.environment(aws.admin), AWS_ENDPOINT_URL: boundaries.state };
    const kill = Promise.withResolvers<void>();
    boundaries.watch(point, () => kill.promise.then(() => child.stop(0)));
    const child = await launch(inputs, scene.dir, env);
    kill.resolve();
    const { code } = await child.exited;
    boundaries.rest();
    return { code, effects: [...boundaries.effects] };
  };

  /** What is wrong after a run that is killed at a point, and one more; with the effects it had. */
  const tryAt = async (prepare: Sweep["prepare"], point?: Point) => {
    count += 1;
    const name = `acme/killed-${mode}-${count}`;
    const task = await prepare(name);
    const client = watch(scene.node, name);
    const { code, effects } = await runKilled(task, name, point);
    const faults = [];
    if (!point && code !== (task.code ? 1 : 0)) faults.push(`undisturbed it ends with ${code}`);

    const ended = await scene.deploy(task.release, { ...given(name), ...task.over }).then(
      ({ outputs }) => outputs.state,
      (error) => error.code ?? String(error.stack),
    );
    if (ended !== (task.code ?? "live")) faults.push(`the next run ends with ${ended}`);
    const live = await scene.live(name);
    if (live !== task.to.deployment) faults.push(`${live} serves in the end`);

    const expected = [...new Set([task.from.deployment, task.to.deployment])];
    const answers = await client.end();
    try {
      const seen = wholeAnswers(answers, expected, WHOLE, name);
      if (seen.join() !== expected.join()) faults.push(`clients saw ${seen}`);
    } catch (error) {
      faults.push(`a client got what is not whole: ${error}`);
    }
    const where = point ? `killed ${point.when} effect ${point.effect}` : "not killed";
    return { effects, faults: faults.map((fault) => `${where}: ${fault}`) };
  };

  test.each(whole || mode === "instant" ? [release, failing, wayBack] : [release])(
    "$what that is killed anywhere never shows half an index, and is ended by the next run",
    async ({ what, samples, prepare }) => {
      const { effects, faults } = await tryAt(prepare);
      expect(faults).toEqual([]);
      const all = effects.flatMap((_, index) =>
        (["before", "within", "after"] as const).map((when) => ({ effect: index + 1, when })),
      );
      // The last ones count most: there it is that one takes the other's place.
      const step = whole ? 1 : Math.ceil(all.length / samples);
      const points = all.filter((_, index) => (all.length - 1 - index) % step === 0);

      const named = `${what}, on a node that switches ${mode}`;
      await sweep(named, { points, of: all.length }, async (point) => {
        return { killed: true, faults: (await tryAt(prepare, point)).faults };
      });
    },
    1_200_000,
  );
});

test("that client would notice: of what is put in place at once it sees half", async () => {
  await using scene = await openRealScene();
  const [first, second] = [await scene.release(1), await scene.release(2)];
  await scene.deploy(first);
  await scene.node.slow(2);
  const staged = await scene.deploy(second, { wait: 0 });
  expect(staged.outputs).toMatchObject({ state: "syncing" });
  const client = watch(scene.node);

  const params = { name: NAME, ipfs_hash: second.deployment };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "subgraph_deploy", params });
  const headers = { authorization: `Bearer ${TOKEN}` };
  await fetch(scene.node.adminUrl, { method: "POST", headers, body });
  await until(async () => (await scene.live()) === second.deployment);

  const answers = await client.end();
  const both = [first.deployment, second.deployment];
  // An error of one that has not begun, or a block of one that is behind.
  expect(() => wholeAnswers(answers, both, WHOLE)).toThrow(/toBeUndefined|toBeGreaterThanOrEqual/);
});
