import { isPodOf, memberOf, placesOf, postsOf, vacanciesOf, wayOf } from "../src/layout.ts";
import { livePod, liveSet } from "./cluster-objects.ts";

const asIs = { trouble: null, snapshot: "unwanted" } as const;
const KEY = "axon/public-key";

/** One set of four whose pods from `first` on are new. */
function one(first: number, changes: Parameters<typeof liveSet>[1] = {}) {
  const set = liveSet("axon", { replicas: 4, partition: first, current: "old", ...changes });
  const pods = [0, 1, 2, 3].map((at) => livePod(`axon-${at}`, at >= first ? "new" : "old"));
  const named = new Map(pods.map(({ metadata }, at) => [metadata.name, `0x0${at}`]));
  const { posts } = postsOf([set], pods, named);
  return { posts, members: posts.map((post) => memberOf(post, posts, asIs)) };
}

describe("who runs where", () => {
  test("is said by the set's annotation, the pod's, or by name", () => {
    const sets = [
      liveSet("a", { annotations: { [KEY]: "0xAA" } }),
      liveSet("b"),
      liveSet("c", { replicas: 2, annotations: { [KEY]: "0xCC" } }),
    ];
    const { posts, nameless } = postsOf(sets, [], new Map([["b-0", "0xBB"]]));

    expect(posts.map(({ id, place }) => [id, place.pod])).toEqual([
      ["0xaa", "a-0"],
      ["0xbb", "b-0"],
    ]);
    expect(nameless).toEqual(["c-0", "c-1"]);
    expect(placesOf(sets)).toHaveLength(4);
  });

  test("has no place when its set is at nothing, or makes fewer pods than are named", () => {
    const sets = [
      liveSet("a", { annotations: { [KEY]: "0xAA" }, replicas: 0 }),
      liveSet("b", { annotations: { [KEY]: "0xBB" } }),
      liveSet("c", { replicas: 1 }),
    ];
    const named = new Map([
      ["c-0", "0xC0"],
      ["c-1", "0xC1"],
    ]);
    const { posts } = postsOf(sets, [], named);

    expect(vacanciesOf(sets, posts, named)).toEqual([
      { id: "0xaa", pod: "a-0" },
      { id: "0xc1", pod: "c-1" },
    ]);
  });

  test("is where its key moved to, and not where it was", () => {
    const annotations = { [KEY]: "0xAA" };
    const sets = [liveSet("a", { annotations, replicas: 0 }), liveSet("b", { annotations })];
    const { posts } = postsOf(sets, [], new Map());

    expect(vacanciesOf(sets, posts, new Map())).toEqual([]);
  });
});

describe("a set of several", () => {
  test("lets its pods go from the last on, each after the one above it", () => {
    const { members } = one(2);

    expect(members.map(({ released }) => released)).toEqual([false, false, true, true]);
    expect(members.map(({ after }) => after)).toEqual(["0x01", "0x02", "0x03", null]);
    expect(members.map(({ revision }) => revision)).toEqual(["old", "old", "new", "new"]);
  });

  test("is opened down to the next, as long as those above it are at the wanted revision", () => {
    const { posts } = one(2);

    expect(posts.map((post) => wayOf(post, posts))).toEqual([
      "delete",
      { open: 1 },
      { open: 2 },
      { open: 3 },
    ]);
  });

  test("that went back has no order: a pod that is deleted comes back as it was", () => {
    const back = one(2, { partition: 4, current: "old", update: "old" });

    expect(back.members.map(({ after }) => after)).toEqual([null, null, null, null]);
    expect(back.posts.map((post) => wayOf(post, back.posts))[2]).toBe("delete");
    expect(back.members.filter(({ revision, wanted }) => revision !== wanted)).toHaveLength(2);
  });
});

describe("a set of one", () => {
  const set = liveSet("a", { current: "old", annotations: { [KEY]: "0xaa" } });
  const only = (...pods: Parameters<typeof postsOf>[1][number][]) => {
    const { posts } = postsOf([set], pods, new Map());
    return posts.map((post) => ({ member: memberOf(post, posts, asIs), way: wayOf(post, posts) }));
  };

  test("is opened whole, and held by a partition of one", () => {
    expect(only(livePod("a-0", "old"))).toMatchObject([
      { member: { released: false, resting: true, after: null }, way: { open: 0 } },
    ]);
  });

  test("whose pod is going, or gone, does not rest", () => {
    const going = livePod("a-0", "old", { deletionTimestamp: "2026-01-01T00:00:01Z" });

    expect(only(going)[0]?.member.resting).toBe(false);
    expect(only()[0]?.member).toMatchObject({
      revision: null,
      resting: false,
      incarnation: "none",
    });
  });

  test("has another incarnation with each restart of its node", () => {
    const restarted = (restartCount: number) =>
      livePod("a-0", "old", {
        status: { containerStatuses: [{ name: "axon", ready: true, restartCount, image: "i" }] },
      });

    expect(only(restarted(0))[0]?.member.incarnation).not.toBe(
      only(restarted(1))[0]?.member.incarnation,
    );
  });
});

describe("a set's pods", () => {
  test("are counted from its first ordinal on", () => {
    const set = liveSet("axon", { replicas: 3 });
    const shifted = { ...set, spec: { ...set.spec, ordinals: { start: 1 } } };
    const places = placesOf([shifted]);

    expect(places.map(({ pod }) => pod)).toEqual(["axon-1", "axon-2", "axon-3"]);
    expect(places.map(({ ordinal }) => ordinal)).toEqual([0, 1, 2]);
  });

  test("are those that it controls, or that nobody does and it selects", () => {
    const set = liveSet("axon");
    const owned = (kind: string, name: string, set = "axon") => {
      const pod = livePod("p", "new");
      const owner = { kind, name, uid: "u", controller: true };
      return {
        ...pod,
        metadata: { ...pod.metadata, labels: { set }, ownerReferences: [owner] },
      };
    };
    const orphan = { ...livePod("p", "new"), metadata: { ...livePod("p", "new").metadata } };
    orphan.metadata.labels = { set: "axon" };

    expect(isPodOf(owned("StatefulSet", "axon", "other"), set)).toBe(true);
    expect(isPodOf(owned("ReplicaSet", "axon"), set)).toBe(false);
    expect(isPodOf(owned("StatefulSet", "rpc"), set)).toBe(false);
    expect(isPodOf(orphan, set)).toBe(true);
    expect(isPodOf(livePod("p", "new"), set)).toBe(false);
  });
});
