import { isSubgraphName } from "../../src/graph/admin.ts";
import type { Deployment, NodeState } from "../../src/graph/state.ts";
import {
  createName,
  deployVersion,
  dropAssignments,
  promote,
  reap,
  removeName,
  type SwitchingMode,
} from "../../src/graph/versions.ts";

function deployment(hash: string, synced = false): Deployment {
  return {
    hash,
    network: "alpha",
    node: "default",
    paused: false,
    synced,
    failure: undefined,
    earliest: 0,
    latest: undefined,
    created: [],
    entities: new Map(),
  };
}

/** A node on which `old` is synced and the current version of `app`. */
function node(): NodeState {
  const deployments = [deployment("old", true), deployment("new"), deployment("ready", true)];
  const state: NodeState = {
    names: new Map(),
    chains: new Map(),
    deployments: new Map(deployments.map((each) => [each.hash, each])),
  };
  createName(state, "app");
  deploy(state, "old", "instant");
  return state;
}

function deploy(state: NodeState, hash: string, mode: SwitchingMode): void {
  deployVersion(state, "app", state.deployments.get(hash) as Deployment, mode);
}

const app = ({ names }: NodeState) => {
  const { current, pending } = names.get("app") ?? {};
  return { current, pending };
};

test.each([
  ["instant", "new", { current: "new", pending: undefined }],
  ["instant", "ready", { current: "ready", pending: undefined }],
  ["synced", "new", { current: "old", pending: "new" }],
  ["synced", "ready", { current: "ready", pending: undefined }],
  ["synced", "old", { current: "old", pending: undefined }],
] as const)("%s: %s in the place of one that is synced is %p", (mode, hash, expected) => {
  const state = node();

  deploy(state, hash, mode);

  expect(app(state)).toEqual(expected);
});

test("in the place of one that is not synced, a version is current in either mode", () => {
  for (const mode of ["instant", "synced"] as const) {
    const state = node();
    deploy(state, "new", "instant");

    deploy(state, "old", mode);

    expect(app(state)).toEqual({ current: "old", pending: undefined });
  }
});

test("what waits takes its place when it is synced, under every name it waits for", () => {
  const state = node();
  deploy(state, "new", "synced");

  promote(state, "new");

  expect(app(state)).toEqual({ current: "new", pending: undefined });
});

test("what is neither current nor pending is nobody's work, and goes when it is reaped", () => {
  const state = node();
  deploy(state, "new", "synced");
  dropAssignments(state);
  expect(state.deployments.get("old")?.node).toBe("default");
  expect(state.deployments.get("ready")?.node).toBeUndefined();
  expect(reap(state)).toEqual(["ready"]);

  removeName(state, "app");
  dropAssignments(state);

  expect(state.deployments.get("old")?.node).toBeUndefined();
  expect(reap(state)).toEqual(["old", "new"]);
});

test.each([
  ["khalani/nexus", true],
  ["khalani/nexus-v1_2", true],
  ["nexus", true],
  ["khalani/1", false],
  ["khalani/-nexus", false],
  ["khalani/nexus-", false],
  ["khalani//nexus", false],
  ["khalani/graphql", false],
  ["khalani/nexus.v1", false],
  ["", false],
  ["a".repeat(256), false],
])("%p is a name for a subgraph: %p", (name, expected) => {
  expect(isSubgraphName(name)).toBe(expected);
});
