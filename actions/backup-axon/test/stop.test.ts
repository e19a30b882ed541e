import { contextForTests } from "@playbook/action/testing";
import { KubeClient, type StatefulSet } from "@playbook/kube";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { Source } from "../src/source.ts";
import { checkVotes } from "../src/votes.ts";
import { startApi } from "./api.ts";

const PATH = "/apis/apps/v1/namespaces/axon/statefulsets/axon-sync";
const STOPPED = "playbook/backup-stopped";
const FENCED = "playbook/fenced";
const KEY = "axon/public-key";

const SYNC = { "app.kubernetes.io/component": "sync" };
const FENCE = { metadata: { annotations: { [FENCED]: "a restore" } }, spec: { replicas: 0 } };

type Over = { labels?: object; annotations?: object; replicas?: number; template?: object };

function setOf({ labels = SYNC, annotations = {}, replicas = 1, template = {} }: Over = {}) {
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: {
      ...{ name: "axon-sync", namespace: "axon", uid: "1", generation: 1, resourceVersion: "1" },
      ...{ labels, annotations },
    },
    spec: { replicas, template: { metadata: template, spec: { containers: [] } } },
  } as unknown as StatefulSet;
}

async function placeOf(over?: Over) {
  const api = await startApi({ [PATH]: setOf(over) });
  const context = contextForTests();
  const inputs = { namespace: "axon", release: "axon", rpcPort: 8000 };
  const kube = new KubeClient(api.connection, context);
  const find = () => Source.find(kube, inputs, context);
  const set = () => api.get(PATH) as unknown as StatefulSet;
  const marks = () => Object.keys(set().metadata.annotations ?? {});
  return { api, kube, context, find, set, marks, [Symbol.asyncDispose]: api[Symbol.asyncDispose] };
}

const events = fc.array(
  fc.record({
    at: fc.integer({ min: 2, max: 8 }),
    does: fc.constantFrom("fence", "cancel", "write"),
  }),
  { maxLength: 4 },
);

test("a node that a backup stops runs again, or is shut by a restore: never both, never neither", async () => {
  await fc.assert(
    fc.asyncProperty(events, async (drawn) => {
      await using place = await placeOf();
      const { api, context, set, marks } = place;
      let requests = 0;
      api.onRequest(() => {
        requests += 1;
        for (const { does } of drawn.filter(({ at }) => at === requests)) {
          if (does === "fence") api.patch(PATH, FENCE);
          else if (does === "cancel") context.stop.abort(new Error("cancelled"));
          else api.patch(PATH, { metadata: { labels: { written: `${requests}` } } });
        }
      });
      const source = await place.find();

      await source.stop("backup-1").catch(() => {});
      await source.start().catch(() => {});

      expect(set().spec.replicas).toBe(marks().includes(FENCED) ? 0 : 1);
      if (!marks().includes(FENCED)) expect(marks()).not.toContain(STOPPED);
    }),
    chance(),
  );
});

test("a run that is cancelled while it stops a node starts it again", async () => {
  await using place = await placeOf();
  const source = await place.find();
  await source.stop("backup-1");
  expect(place.set().spec.replicas).toBe(0);
  place.context.stop.abort(new Error("cancelled"));

  await source.start();

  expect(place.set().spec.replicas).toBe(1);
  expect(place.marks()).not.toContain(STOPPED);
});

test.each([
  ["runs", {}],
  ["was stopped by a run that ended", { [STOPPED]: '{"backup":"b","replicas":1}' }],
])("a set that %s and was shut for a restore is no source", async (_, annotations) => {
  await using place = await placeOf({
    replicas: 0,
    annotations: { ...annotations, [FENCED]: "a restore" },
  });

  await expect(place.find()).rejects.toMatchObject({ code: "source-fenced" });
});

test("a node that is shut for a restore while a backup has stopped it stays shut", async () => {
  await using place = await placeOf();
  const source = await place.find();
  await source.stop("backup-1");
  place.api.patch(PATH, FENCE);

  await expect(source.start()).rejects.toMatchObject({ code: "source-fenced" });

  expect(place.set().spec.replicas).toBe(0);
});

test.each([0, 2, 5])("a set that is to have %i pods is no single node", async (replicas) => {
  await using place = await placeOf({ replicas });

  const source = await place.find();

  expect(() => source.checkSingle()).toThrow(expect.objectContaining({ code: "source-not-one" }));
});

test("a node that a run before has stopped counts as what it was", async () => {
  const stopped = (replicas: number) => ({ [STOPPED]: JSON.stringify({ backup: "b", replicas }) });
  await using one = await placeOf({ replicas: 0, annotations: stopped(1) });
  await using three = await placeOf({ replicas: 0, annotations: stopped(3) });

  (await one.find()).checkSingle();

  const source = await three.find();
  expect(() => source.checkSingle()).toThrow(expect.objectContaining({ code: "source-not-one" }));
  await source.start();
  expect(three.set().spec.replicas).toBe(3);
});

const votesOf = async ({ kube, context, find }: Awaited<ReturnType<typeof placeOf>>) =>
  checkVotes(kube, await find(), { allowValidator: false } as never, context);

test.each([
  ["has a key of its own", { annotations: { [KEY]: "0x02AB" } }, "source-votes"],
  [
    "has a key though it is labelled as a follower",
    { labels: SYNC, template: { annotations: { [KEY]: "0x02" } } },
    "source-votes",
  ],
  ["is made by hand, and says nothing of itself", { labels: {} }, "source-nameless"],
  [
    "is labelled as a validator",
    { labels: { "app.kubernetes.io/component": "validator" } },
    "source-nameless",
  ],
])("a set that %s is not stopped unasked", async (_, over, code) => {
  await using place = await placeOf(over);

  await expect(votesOf(place)).rejects.toMatchObject({ code });
});

test.each(["sync", "rpc"])("a set that the chart labels as %s has no vote", async (component) => {
  await using place = await placeOf({ labels: { "app.kubernetes.io/component": component } });

  await votesOf(place);
});
