import { type Clock, realClock } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { connectByFile, KubeClient } from "@playbook/kube";
import { type Cluster, startCluster } from "@playbook/world";
import { type Entry, isUnfinished, RolloutRecord } from "../src/index.ts";

const namespace = "default";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 1_200_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

const entry = (run: string, changes: Partial<Entry> = {}): Entry => ({
  ...{ run, direction: "forward", from: 3, outcome: "" },
  ...changes,
});

/** A clock on which waiting takes no time; each time that is waited, something happens. */
function quickClock(happens: () => unknown = () => {}): Clock {
  let waited = 0;
  return {
    now: () => realClock.now() + waited,
    sleep: async (ms) => {
      waited += ms;
      await happens();
    },
  };
}

/** The record of a release, as a run of its own opens it. */
async function opened(release: string, clock: Clock = quickClock()): Promise<RolloutRecord> {
  const path = await cluster.kubeconfig({ name: "ada", groups: ["system:masters"] });
  const context = contextForTests({ clock });
  const kube = new KubeClient(await connectByFile({ path, clock, env: {} }), context);
  return RolloutRecord.open(kube, { namespace, release }, context);
}

/** What the last one has left half-way. */
function leftIn({ last }: RolloutRecord): Entry | undefined {
  return last && isUnfinished(last) ? last : undefined;
}

describe("the record of rollouts", () => {
  test("says nothing before the first, and then what the last one wrote", async () => {
    const first = await opened("life");
    expect([first.last, leftIn(first)]).toEqual([undefined, undefined]);

    await first.begin(entry("one"));
    expect(leftIn(await opened("life"))).toEqual(entry("one"));
    await first.write(entry("one", { direction: "back", outcome: "interrupted" }));
    expect(leftIn(await opened("life"))).toMatchObject({ direction: "back", from: 3 });
    await first.write(entry("one", { to: "v0.3.4", kind: "fork", outcome: "done" }));

    const next = await opened("life");
    expect(next.last).toEqual(entry("one", { to: "v0.3.4", kind: "fork", outcome: "done" }));
    expect(leftIn(next)).toBeUndefined();
  });

  test.each([
    ["paused", true],
    ["stuck", true],
    ["held", false],
    ["taken-back", false],
  ])("of one that is %s: %s, that its validators are half-way", async (outcome, isHalfWay) => {
    const record = await opened(`half-${outcome}`);
    await record.begin(entry("one"));
    await record.write(entry("one", { direction: "back", outcome }));

    expect(leftIn(await opened(`half-${outcome}`))).toEqual(
      isHalfWay ? entry("one", { direction: "back", outcome }) : undefined,
    );
  });

  test("of two that begin at once one learns that the other did", async () => {
    const [one, two] = [await opened("twins"), await opened("twins")];
    await one.begin(entry("one"));

    await expect(two.begin(entry("two"))).rejects.toMatchObject({ code: "rollout-taken-over" });
    expect((await opened("twins")).last).toMatchObject({ run: "one" });
  });

  test("a run that says that it is alive is left alone", async () => {
    const alive = await opened("alive");
    await alive.begin(entry("one"));
    const other = await opened(
      "alive",
      quickClock(() => alive.write(entry("one"))),
    );

    await expect(other.begin(entry("two"))).rejects.toMatchObject({
      code: "rollout-under-way",
      why: expect.stringContaining("one"),
    });
  });

  test("a run that says nothing any more is taken over, and learns it should it wake up", async () => {
    const dead = await opened("dead");
    await dead.begin(entry("one"));

    const next = await opened("dead");
    await next.begin(entry("two"));

    await expect(dead.write(entry("one"))).rejects.toMatchObject({ code: "rollout-taken-over" });
    expect((await opened("dead")).last).toMatchObject({ run: "two" });
  });

  test("a run that was interrupted is gone on with at once", async () => {
    const first = await opened("left");
    await first.begin(entry("one"));
    await first.write(entry("one", { outcome: "interrupted" }));
    let waits = 0;

    const next = await opened(
      "left",
      quickClock(() => {
        waits += 1;
      }),
    );
    await next.begin(entry("two"));

    expect(waits).toBe(0);
  });

  test("says that it is alive only as often as it needs to", async () => {
    let now = 0;
    const record = await opened("beats", { ...quickClock(), now: () => now });
    await record.begin(entry("one"));
    const beat = async (at: number) => {
      now = at;
      await record.beat(entry("one"));
      const path = "/api/v1/namespaces/default/configmaps/beats-rollout";
      return (await cluster.api.get(path)).data.beat;
    };

    expect([await beat(4_999), await beat(5_000), await beat(9_999), await beat(10_000)]).toEqual([
      ...["1", "2", "2", "3"],
    ]);
  });

  describe("while something takes its time", () => {
    test("it says again and again that it is alive, until that is done", async () => {
      let waits = 0;
      const { promise, resolve } = Promise.withResolvers<string>();
      const clock = quickClock(() => {
        waits += 1;
        if (waits === 12) resolve("done");
      });
      const record = await opened("long", clock);
      await record.begin(entry("one"));

      await expect(record.during(entry("one"), promise)).resolves.toBe("done");

      const path = "/api/v1/namespaces/default/configmaps/long-rollout";
      const { beat } = (await cluster.api.get(path)).data;
      expect(Number(beat)).toBeGreaterThanOrEqual(3);
    });

    test("it learns that another run has taken over, and what the work fails with", async () => {
      const record = await opened("lost");
      await record.begin(entry("one"));
      await expect(
        record.during(entry("one"), Promise.reject(new Error("no room"))),
      ).rejects.toThrow("no room");

      await (await opened("lost")).begin(entry("two"));
      await expect(record.during(entry("one"), new Promise(() => {}))).rejects.toMatchObject({
        code: "rollout-taken-over",
      });
    });
  });
});
