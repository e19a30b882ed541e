import { failureOf, type Node, standingOf } from "../src/fork/follow.ts";

const FORK = 100;

const node = (pod: string, changes: Partial<Node> = {}): Node => ({
  ...{ pod, height: 105, status: "enabled", hash: "0xaa", ...changes },
});

const failure = (nodes: Node[], spent = 0) =>
  failureOf(standingOf(nodes, FORK), { height: FORK, patience: 60_000, spent });

describe("a fork", () => {
  test("is followed when all nodes have its block, say that it is enabled, and go on", () => {
    const nodes = [node("a"), node("b"), node("c", { height: 102 })];

    expect(standingOf(nodes, FORK)).toEqual({ is: "followed", head: 105 });
    expect(failure(nodes)).toBeNull();
  });

  test("is awaited while its block is to come", () => {
    const nodes = [node("a", { height: 99, status: "determined", hash: null })];

    expect(standingOf(nodes, FORK)).toEqual({ is: "coming", head: 99 });
    expect(failure(nodes, 999_999)).toBeNull();
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
