import { progressLines, saying } from "../src/progress.ts";
import { ids, member, sight } from "./views.ts";

describe("the lines of progress", () => {
  test("say of each validator where it is and whether it votes, and how many votes there are", () => {
    const states = [
      member("a", { revision: "new" }),
      member("b", { revision: null, pod: "axon-long-b-0" }),
      member("c"),
      member("d"),
    ];
    const seen = sight({ members: states, heights: { b: null, c: 93 }, silent: ["d"] });

    expect(progressLines(seen, "forward")).toEqual([
      "block 100, votes 1, needed 3, evictions shut",
      "  axon-a-0       new  100 (0), 3 peers, voting",
      "  axon-long-b-0  ---  no answer, unreachable",
      "  axon-c-0       old  93 (-7), 3 peers, behind",
      "  axon-d-0       old  100 (0), 3 peers, silent",
    ]);
  });

  test("call a pod new that is still to go back", () => {
    const members = ids.map((id) => member(id, { wanted: "old", revision: id }));
    const [, first] = progressLines(sight({ members }), "back");

    expect(first).toContain("axon-a-0  new");
  });
});

test("what is done next is said", () => {
  const failure = { code: "member-failed", id: "a", why: "axon-a-0: it crashes" } as const;

  expect(saying({ do: "wait", on: "block", for: "a new block" })).toBe("Waiting for a new block.");
  expect(saying({ do: "let-go", member: member("a") })).toBe("axon-a-0 is let go.");
  expect(saying({ do: "turn-back", failure })).toContain("axon-a-0: it crashes");
});
