import { contextForTests } from "@playbook/action/testing";
import type { KubeClient, KubeObject, Resource, StatefulSet } from "@playbook/kube";
import { failureOf, follow, type Node, standingOf } from "../src/fork/follow.ts";
import { nodesAmong } from "../src/fork/nodes.ts";
import { forkText } from "../src/fork/summary.ts";

const FORK = 100;

const node = (pod: string, changes: Partial<Node> = {}): Node => ({
  ...{ pod, height: 105, status: "enabled", hash: "0xaa", ...changes },
});

const failure = (nodes: Node[], spent = 0) =>
  failureOf(standingOf(nodes, FORK), { height: FORK, patience: 60_000, spent, nodes });

describe("a fork", () => {
  test("is followed when all nodes have its block, say that it is enabled, and go on", () => {
    const nodes = [node("a"), node("b"), node("c", { height: 102 })];

    expect(standingOf(nodes, FORK)).toEqual({ is: "followed", head: 105 });
    expect(failure(nodes)).toBeNull();
  });

  test("is awaited while its block is to come, and while blocks come", () => {
    const nodes = [node("a", { height: 99, status: "determined", hash: null })];

    expect(standingOf(nodes, FORK)).toEqual({ is: "coming", head: 99 });
    expect(failure(nodes, 60_000)).toBeNull();
    expect(failure(nodes, 60_001)).toMatchObject({
      code: "chain-stands-still",
      why: "The last block seen is 99, and for 60 s none came.",
    });
  });

  test("is missed when its block is there and the fork is not", () => {
    const nodes = [node("a", { status: "unknown" }), node("b", { status: "unknown" })];

    expect(failure(nodes)).toMatchObject({ code: "fork-missed" });
  });

  test("divides the chain when a node has another block there", () => {
    const nodes = [node("a"), node("b"), node("c", { hash: "0xbb" })];

    expect(failure(nodes)).toMatchObject({
      code: "fork-divided",
      what: expect.stringContaining("c have another block 100"),
    });
  });

  test("waits for a node that is behind, and names it when it takes too long", () => {
    const nodes = [node("a"), node("b", { height: 99, status: "determined", hash: null })];

    expect(failure(nodes, 60_000)).toBeNull();
    expect(failure(nodes, 60_001)).toMatchObject({
      code: "fork-not-followed",
      what: expect.stringContaining("b have not followed"),
    });
  });
});

describe("who is to follow", () => {
  const metadata = { name: "axon-v0" };
  const following = {
    ...{ namespace: "axon", isOfChain: () => true, port: 8000, height: FORK, patience: 60_000 },
    status: async () => "enabled" as const,
  };
  const clusterOf = (objects: Record<string, object[]>) => {
    const list = async ({ kind }: Resource<KubeObject>) => objects[kind] ?? [];
    return { list } as unknown as KubeClient;
  };
  const hurried = () => {
    let time = 0;
    const sleep = async (ms: number) => {
      time += ms;
    };
    return contextForTests({ clock: { now: () => time, sleep } });
  };

  test("is everybody that a set is to have, whether a pod of that name runs or not", async () => {
    const sets = [
      { metadata, spec: { replicas: 1 } },
      { metadata: { name: "axon-rpc" }, spec: { replicas: 2 } },
      { metadata: { name: "axon-sync" }, spec: { replicas: 0 } },
    ];
    const waits = { metadata: { name: "axon-rpc-1" }, status: { phase: "Pending" } };
    const kube = clusterOf({ StatefulSet: sets, Pod: [waits] });

    await expect(follow(kube, following, hurried())).rejects.toMatchObject({
      code: "chain-stands-still",
      why: expect.stringContaining("axon-v0-0, axon-rpc-0, axon-rpc-1 do not answer."),
    });
  });

  test("is nobody of another release", async () => {
    const sets = [
      { metadata, spec: { replicas: 1 } },
      { metadata: { name: "database" }, spec: { replicas: 1 } },
    ];
    const isOfChain = nodesAmong([{ metadata } as StatefulSet], { release: "axon" });
    const kube = clusterOf({ StatefulSet: sets });

    await expect(follow(kube, { ...following, isOfChain }, hurried())).rejects.toMatchObject({
      why: expect.stringMatching(/ axon-v0-0 do not answer\.$/),
    });
  });

  test("nobody is waited for without an end where there is no set at all", async () => {
    await expect(follow(clusterOf({}), following, hurried())).rejects.toMatchObject({
      code: "chain-stands-still",
    });
  });
});

describe("the chain's sets", () => {
  const setOf = (name: string, labels?: Record<string, string>) =>
    ({ metadata: { name, labels } }) as StatefulSet;
  const own = { "app.kubernetes.io/instance": "axon" };
  const handMade = ["axon1", "axon2"].map((name) => setOf(name));

  test.each(["axon1, axon2", "app=axon", undefined])(
    "are those of its validators, also where the sets have no labels: %s",
    (validators) => {
      const isOfChain = nodesAmong(handMade, { validators, release: "axon" });

      expect(handMade.map(isOfChain)).toEqual([true, true]);
      expect(isOfChain(setOf("database", { app: "database" }))).toBe(false);
    },
  );

  test("are all of the release, unless it is said which ones run validators", () => {
    const follower = setOf("axon-rpc", own);

    expect(nodesAmong(handMade, { release: "axon" })(follower)).toBe(true);
    expect(nodesAmong(handMade, { validators: "app=axon", release: "axon" })(follower)).toBe(false);
  });
});

test("a fork of long ago is told without the block that nobody here knows", () => {
  expect(forkText(["Andromeda"], { since: null, same: 900 }, [])).toContain("enabled\n");
  expect(forkText(["Andromeda"], { since: 100, same: 100 }, [])).toContain("since block 100\n");
});
