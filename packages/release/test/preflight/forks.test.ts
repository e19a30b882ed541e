import { checkForks, pendingForkIn } from "../../src/preflight/chain/forks.ts";
import { setOf } from "./sets.ts";

function prepared(name: string, height: string, features = "Andromeda") {
  const env = [
    { name: "AXON_FORK_START", value: height },
    { name: "AXON_FORK_FEATURES", value: features },
  ];
  return setOf(name, { pod: { initContainers: [{ name: "hardfork", env }] } });
}

const liveOf = (...sets: ReturnType<typeof setOf>[]) =>
  new Map(sets.map((set) => [set.metadata.name, set]));

test("the fork that sets prepare their nodes for is read from them", () => {
  expect(pendingForkIn([setOf("a"), prepared("b", "500", "Andromeda Other")])).toEqual({
    height: 500,
    features: ["Andromeda", "Other"],
  });
  expect(pendingForkIn([setOf("a")])).toBeNull();
  expect(pendingForkIn([prepared("a", "0")])).toBeNull();
});

test("a release does not take a fork away that is ahead", () => {
  const live = liveOf(prepared("a", "500"), setOf("b"));

  expect(checkForks([setOf("a"), setOf("b")], live, 499)).toMatchObject([
    { code: "fork-dropped", level: "error", at: "StatefulSet a" },
  ]);
});

test("it may once the fork is over, or where the release has one, too", () => {
  const live = liveOf(prepared("a", "500"));

  expect(checkForks([setOf("a")], live, 500)).toEqual([]);
  expect(checkForks([prepared("a", "500")], live, 400)).toEqual([]);
  expect(checkForks([prepared("a", "600")], live, 400)).toEqual([]);
  expect(checkForks([setOf("a")], live, undefined)).toEqual([]);
  expect(checkForks([setOf("new")], live, 400)).toEqual([]);
});
