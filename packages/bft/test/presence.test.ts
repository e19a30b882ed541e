import { type Commit, presences } from "@playbook/bft";

const set = ["a", "b", "c", "d", "e"].map((id) => ({ id, weight: 1 }));

function commit(height: number, voters: string, missed = ""): Commit {
  return { height, voters: new Set(voters), missed: new Set(missed) };
}

/** Where `id` stands when all nodes answer at the newest height, but for what is said of it. */
function stands(
  id: string,
  commits: Commit[],
  {
    height = commits.at(-1)?.height ?? 0,
    since = 0,
  }: { height?: number | null; since?: number } = {},
) {
  const head = commits.at(-1)?.height ?? 0;
  const nodes = new Map(
    set.map((each) => [each.id, { id: each.id, height: head, peers: 4, since: 0 }]),
  );
  nodes.set(id, { id, height, peers: 4, since } as never);
  return presences({ set, commits, nodes, lag: 2, window: 5, vain: new Set() }).get(id);
}

describe("a validator", () => {
  test("votes as long as a recent proof names it: one that does not proves nothing", () => {
    const commits = [commit(1, "abcd"), commit(2, "abce"), commit(3, "bcde")];

    expect(stands("a", commits)).toEqual({ state: "voting", height: 3, vote: 2 });
  });

  test("that missed its turn to lead after its last vote is silent", () => {
    const commits = [commit(5, "abcd"), commit(6, "bcde", "a")];

    expect(stands("a", commits)).toEqual({ state: "silent", height: 6, vote: 5 });
    expect(stands("a", [...commits, commit(7, "abcd")])).toMatchObject({ state: "voting" });
  });

  test("whose votes are from before its process started has yet to vote", () => {
    const commits = [commit(9, "abcd"), commit(10, "bcde")];

    expect(stands("a", commits, { since: 9 })).toEqual({ state: "joining", height: 10 });
    expect(stands("a", [...commits, commit(14, "bcde")], { since: 9 })).toMatchObject({
      state: "silent",
    });
  });

  test("that is blocks behind cannot vote, whatever it did before", () => {
    const commits = [commit(5, "abcde"), commit(9, "bcde")];

    expect(stands("a", commits, { height: 6 })).toEqual({ state: "behind", height: 6, lag: 3 });
  });

  test("whose node does not answer counts as gone", () => {
    expect(stands("a", [commit(5, "abcde")], { height: null })).toEqual({ state: "unreachable" });
  });

  test("of another operator is judged by its votes alone", () => {
    const commits = [commit(8, "abcd"), commit(9, "bcde")];
    const found = presences({ set, commits, nodes: new Map(), lag: 2, window: 5, vain: new Set() });

    expect([...found.values()].map(({ state }) => state)).toEqual(Array(5).fill("voting"));
  });
});
