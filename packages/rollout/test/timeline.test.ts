import { type Phase, Timeline } from "../src/timeline.ts";
import { type Difference, ids, member, sight } from "./views.ts";

const SECOND = 1000;

/** What became of these looks, a second apart; `back` from that one on. */
function timelineOf(looks: Difference[], back = looks.length): Timeline {
  const timeline = new Timeline();
  for (const [second, look] of looks.entries()) {
    const at = { now: second * SECOND, height: 100 + second };
    timeline.note(sight({ ...at, ...look }), second < back ? "forward" : "back");
  }
  return timeline;
}

/** The bars of a validator as they are drawn: word, style, from and to in seconds. */
function barsOf(timeline: Timeline, id: string): string[] {
  const [, section = ""] = timeline.toString().split(`section axon-${id}-0\n`);
  const [own = ""] = section.split(/ {2}section|```/);
  const bars = [...own.matchAll(/^ {2}(\S+) :(?:(\w+), )?(\d+), (\d+)$/gm)];
  return bars.map(([, word, style, from, to]) =>
    [word, style || "plain", Number(from) / SECOND, Number(to) / SECOND].join(" "),
  );
}

/** The others are as they were. */
const four = (id: string, changes: Parameters<typeof member>[1]) =>
  ids.map((each) => member(each, each === id ? changes : {}));

const going = { revision: null, released: true, resting: false };
const arrived = { revision: "new", released: true };

describe("the timeline", () => {
  test("draws a replacement: voting, away, catching up, voting", () => {
    const away = { members: four("a", going), heights: { a: null } };
    const behind = { members: four("a", arrived), heights: { a: 90 } };
    const there = { members: four("a", arrived) };
    const timeline = timelineOf([{}, {}, away, away, behind, there, there]);

    expect(barsOf(timeline, "a")).toEqual([
      "old done 0 2",
      "away active 2 4",
      "syncing active 4 5",
      "new plain 5 6",
    ]);
    expect(barsOf(timeline, "b")).toEqual(["old done 0 6"]);
    expect(timeline.absenceOf("a")).toBe(3 * SECOND);
    expect(timeline.absenceOf("b")).toBe(0);
  });

  test.each<[Phase, string, Difference]>([
    ["lost", "that does not answer and was not let go", { heights: { b: null } }],
    ["silent", "that answers and does not vote", { silent: ["b"] }],
    ["failing", "that Kubernetes has given up", { members: four("b", { trouble: "crash" }) }],
  ])("draws in red as %s one %s", (phase, _, look) => {
    expect(barsOf(timelineOf([look, look]), "b")).toEqual([`${phase} crit 0 1`]);
  });

  test("calls old what was old before, also while the old revision is the wanted one", () => {
    const before = { members: four("a", arrived) };
    const back = {
      members: ids.map((id) => member(id, { revision: id === "a" ? "new" : "old", wanted: "old" })),
    };
    const timeline = timelineOf([before, before, back, back], 2);

    expect(barsOf(timeline, "a")).toEqual(["new plain 0 3"]);
    expect(barsOf(timeline, "b")).toEqual(["old done 0 3"]);
  });

  test("leaves the word away where it would lie on the next bar, and what nobody could see", () => {
    const away = { members: four("a", going), heights: { a: null } };
    const looks = Array.from({ length: 101 }, (_, second) => (second === 50 ? away : {}));

    expect(barsOf(timelineOf(looks), "a")).toEqual([
      "old done 0 50",
      "· active 50 51",
      "old done 51 100",
    ]);
    const longer = Array.from({ length: 401 }, (_, second) => (second === 50 ? away : {}));
    expect(barsOf(timelineOf(longer), "a")).toEqual(["old done 0 50", "old done 51 400"]);
  });

  test("tells the longest time without a block", () => {
    const heights = [100, 101, 101, 101, 102, 102];

    const timeline = timelineOf(heights.map((height) => ({ height })));

    expect(timeline.longestPause).toBe(3 * SECOND);
  });

  test("is nothing before there are two looks", () => {
    expect(`${new Timeline()}`).toBe("");
    expect(`${timelineOf([{}])}`).toBe("");
  });
});
