import type { Outcome } from "@playbook/bft";
import { type Result, Timeline } from "@playbook/rollout";
import { type Difference, ids, member, sight } from "../../rollout/test/views.ts";
import type { Finding } from "../src/preflight/finding.ts";
import { nothingToMend, reportOf, toMendFirst } from "../src/report.ts";
import type { RolledOut } from "../src/roll-out.ts";

const version = { from: "v0.3.1", to: "v0.3.2", fit: "compatible" } as const;
const prepared = { version } as Parameters<typeof reportOf>[1];

/** A rollout that came to this, and ended with the chain as it is in the last look. */
function resultOf(outcome: Outcome, looks: Difference[], changes: Partial<Result> = {}): Result {
  const { direction = "forward" } = changes;
  const timeline = new Timeline();
  const seen = looks.map((look, second) =>
    sight({ now: second * 1000, height: 100 + second, ...look }),
  );
  for (const each of seen) timeline.note(each, direction);
  const last = seen.at(-1) ?? sight();
  return {
    ...{ outcome, direction, was: undefined, failure: null, cause: null, story: null },
    snapshots: [],
    ...{ timeline, seen: last, blocks: { from: 100, to: last.head }, took: last.now },
    stoppedAfter: undefined,
    ...changes,
  };
}

const report = (result: RolledOut, findings: Finding[] = []) =>
  reportOf(result, prepared, findings);

/** The first lines of the summary: what one reads in five seconds. */
const headOf = (result: Result) => report(result).summary?.split("\n").slice(0, 3).join("\n");

const all = (changes: Parameters<typeof member>[1]) => ids.map((id) => member(id, changes));
const crashed = { code: "member-failed", id: "a", why: "axon-a-0: it crashes" } as const;

describe("the summary begins with whether the chain is fine", () => {
  test("which it is when all vote", () => {
    const done = resultOf("done", [{}, {}, { members: all({ revision: "new" }) }]);

    expect(headOf(done)).toBe(
      "## Rolled out: v0.3.1 → v0.3.2\n\n" +
        "✅ **The chain is fine: all 4 validators vote.** " +
        "It made 2 blocks in 2 s, up to 102, and was never longer than 1 s without one.",
    );
  });

  test("and who is missing when it makes blocks without them", () => {
    const paused = resultOf("paused", [{}, { heights: { d: null } }]);

    expect(headOf(paused)).toContain(
      "⚠️ **The chain makes blocks: 3 of 4 votes are seen, 3 needed, none to spare.** " +
        "Not voting: axon-d-0.",
    );
  });

  test("and that it makes none when too few are there", () => {
    const stuck = resultOf("stuck", [{}, { heights: { c: null, d: 90 } }], { direction: "back" });

    expect(headOf(stuck)).toContain(
      "🛑 **The chain makes no blocks: 2 of 4 votes are seen, 3 needed.** " +
        "Not voting: axon-c-0, axon-d-0.",
    );
  });

  test("and what is not up beside the validators, though it is rolled out", () => {
    const why = "Of 1 pods 0 are ready, and 1 of 1 are new.";
    const lacking = [
      { code: "others-not-ready", level: "warning", at: "StatefulSet rpc" } as const,
    ];
    const told = lacking.map((one) => ({ ...one, why, next: "Look." }));
    const { summary, failure } = report({ ...resultOf("done", [{}]), lacking: told });

    expect(failure).toBeUndefined();
    expect(summary).toContain("⚠️ **Beside the validators, this is not up: StatefulSet rpc.**");
    expect(summary).toContain(`**StatefulSet rpc** (\`others-not-ready\`)<br>${why}`);
    expect(report(resultOf("done", [{}])).summary).not.toContain("Beside the validators");
  });

  test("which was touched by nobody when none was replaced", () => {
    const kept = report(resultOf("done", [{}, {}])).summary;
    const [, away] = [{}, { heights: { a: null } }];

    expect(kept).toContain("It made 1 block in 1 s");
    expect(kept).toContain("No validator had to be replaced.");
    expect(report(resultOf("done", [{}, away, {}])).summary).not.toContain("had to be replaced");
  });

  test("and names the version once where it stays", () => {
    const same = { version: { from: "v0.3.2", to: "v0.3.2", fit: "compatible" } } as never;

    expect(reportOf(resultOf("done", [{}]), same, []).summary).toMatch(
      /^## Rolled out: v0\.3\.2\n/,
    );
  });

  test("after which way it went", () => {
    const back = resultOf("taken-back", [{}], { direction: "back", cause: crashed });

    expect(headOf(back)).toContain("## Taken back: v0.3.2 → v0.3.1");
  });

  test("and it went back to what ran before the run that was killed", () => {
    const changes = { direction: "back", cause: crashed, was: "v0.3.0" } as const;

    const back = resultOf("taken-back", [{}], changes);

    expect(headOf(back)).toContain("## Taken back: v0.3.2 → v0.3.0");
  });
});

test("a rollout that is paused on its way back says so, and where the next run goes", () => {
  const lost = { code: "votes-missing", id: null, why: "no vote is seen of axon-d-0" } as const;
  const back = { direction: "back", cause: crashed, failure: lost } as const;

  const { failure, summary } = report(resultOf("paused", [{}], back));

  expect(summary).toMatch(/^## Paused while it goes back, .*: v0\.3\.2 → v0\.3\.1\n/);
  expect(failure).toMatchObject({
    code: "rollout-paused",
    what: "Paused while it goes back, with nothing wrong in what is back.",
    why: "axon-a-0: it crashes\nno vote is seen of axon-d-0",
    next: expect.stringContaining("it goes on going back. Another version goes forward at once."),
  });
  expect(report(resultOf("paused", [{}], { failure: lost })).failure).toMatchObject({
    what: "Paused, with nothing wrong in what was changed.",
    next: expect.stringMatching(/it goes on\.$/),
  });
});

describe("the summary's table", () => {
  test("has each validator's revision, state, block and absence", () => {
    const going = ids.map((id) =>
      member(id, id === "a" ? { revision: null, released: true, resting: false } : {}),
    );
    const gone = ids.map((id) => member(id, id === "a" ? { revision: "new" } : {}));
    const looks = [{}, { members: going, heights: { a: null } }, { members: gone }];
    const { summary = "" } = report(resultOf("done", looks));

    expect(summary).toContain("| axon-a-0 | new | voting | 102 | 1 s | 1 | `a…` |");
    expect(summary).toContain("| axon-b-0 | old | voting | 102 | 0 s | 1 | `b…` |");
    expect(summary).toContain("```mermaid");
  });

  test("is in the order of the pods, with axon-10 after axon-9", () => {
    const named = [member("a"), member("b"), member("c")].map((one, at) => ({
      ...one,
      pod: `axon-${11 - at}-0`,
    }));
    const { summary = "" } = report(resultOf("done", [{ members: named }]));
    const pods = [...summary.matchAll(/^\| (axon-\d+)-0 \|/gm)].map(([, pod]) => pod);

    expect(pods).toEqual(["axon-9", "axon-10", "axon-11"]);
  });

  test("tells once what is so of several places", () => {
    const full = {
      ...{ code: "no-capacity", level: "error" },
      why: "There is no room.",
      next: "Add a node.",
    };
    const findings = ["x", "y"].map((at) => ({ ...full, at })) as Finding[];
    const { summary = "" } = report(resultOf("done", [{}]), findings);

    expect(summary).toContain(
      "| 🛑 | **x**, **y** (`no-capacity`)<br>There is no room.<br>Add a node. |",
    );
  });

  test("has validators of others, and nodes that have no vote yet", () => {
    const members = [member("a"), member("b"), member("c"), member("new-one")];
    const { summary = "" } = report(resultOf("done", [{ members }]));

    expect(summary).toMatch(/\| not of this cluster \| {2}\| voting \| 100 \| {2}\| 1 \| `d…` \|/);
    expect(summary).toMatch(/\| axon-new-one-0 \| old \| \w+ \| .* \| 0 \| `new-one…` \|/);
  });
});

describe("what a rollout hands on", () => {
  test("is its outcome and where the chain is, and no failure when it is done", () => {
    const { outputs, failure } = report(resultOf("done", [{}, {}]));

    expect(outputs).toEqual({ outcome: "done", version: "v0.3.2", height: 101, snapshots: {} });
    expect(failure).toBeUndefined();
  });

  test("is what to do about a chain that makes no block, which is not to bring somebody back", () => {
    const still = { code: "chain-stood-still", id: null, why: "There is no block." } as const;
    const missing = { code: "votes-missing", id: null, why: "axon-b-0 is missing." } as const;
    const nextAfter = (failure: Result["failure"]) =>
      report(resultOf("paused", [{}], { failure })).failure?.next;

    expect(nextAfter(still)).toContain("Find out why it makes none");
    expect(nextAfter(missing)).toContain("Bring the validators back");
  });

  test("is a failure that says why it turned back, once", () => {
    const back = { direction: "back", cause: crashed } as const;
    const why = "axon-b-0 does not vote again";
    const late = { code: "member-late", id: "b", why } as const;

    expect(report(resultOf("taken-back", [{}], back)).failure).toMatchObject({
      code: "rollout-taken-back",
      why: crashed.why,
    });
    expect(report(resultOf("stuck", [{}], { ...back, failure: crashed })).failure?.why).toBe(
      crashed.why,
    );
    expect(report(resultOf("stuck", [{}], { ...back, failure: late })).failure?.why).toBe(
      `${crashed.why}\n${why}`,
    );
  });

  test("is the snapshot to go back to where there is no other way", () => {
    const snapshots: Result["snapshots"] = [["axon-a-0", "axon-a-0-before-6b"]];
    const held = report(resultOf("held", [{}], { failure: crashed, snapshots }));

    expect(held.outputs.snapshots).toEqual({ "axon-a-0": "axon-a-0-before-6b" });
    expect(held.failure).toMatchObject({
      code: "rollout-held",
      next: expect.stringContaining("axon-a-0: VolumeSnapshot axon-a-0-before-6b"),
    });
  });

  test("is the failing pod's last words, which end no code block", () => {
    const story = { pod: "axon-a-0", events: ["BackOff: restarting"], log: ["```", "panic"] };
    const { summary = "" } = report(resultOf("held", [{}], { failure: crashed, story }));

    expect(summary).toContain("BackOff: restarting\n\n'''\npanic\n```\n\n</details>");
  });

  test("is what the preflight found", () => {
    const found = { at: "5 validators", why: "None may fail.", next: "Seven survive one more." };
    const finding: Finding = { level: "warning", code: "no-reserve", ...found };
    const { summary } = report(resultOf("done", [{}]), [finding]);

    expect(summary).toContain("⚠️ | **5 validators** (`no-reserve`)<br>None may fail.<br>Seven");
  });
});

describe("a plan", () => {
  const finding = (level: Finding["level"]): Finding => {
    return { code: "key-shared", level, at: "axon-b", why: "It has a's key.", next: "Make one." };
  };

  test("begins with all findings when one of them is in the way", () => {
    const findings = [finding("error"), finding("warning")];
    expect(toMendFirst(findings)).toContain("**Findings to mend first: 1.**");
    expect(toMendFirst(findings).match(/Make one\./g)).toHaveLength(2);
    expect(nothingToMend(findings)).toBe("");
  });

  test("ends with what is only to be known", () => {
    expect(toMendFirst([finding("warning")])).toBe("");
    expect(nothingToMend([finding("warning")])).toContain("Make one.");
    expect(nothingToMend([])).toBe("Nothing is in the way.");
  });
});
