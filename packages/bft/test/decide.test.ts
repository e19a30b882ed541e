import { begin, type Member, type Memory, step, turnBack, type View } from "@playbook/bft";
import { policy } from "./rollout-model.ts";

const ids = ["a", "b", "c", "d", "e"];
const timing = { interval: 1000, round: 3000, doublings: 5 };

/** No chain that comes back takes so long for a block, and nobody waits longer. */
const LONG = policy.patience + 200_000;

function member(id: string, changes: Partial<Member> = {}): Member {
  return {
    id,
    pod: `axon-${id}`,
    incarnation: "1",
    revision: "old",
    wanted: "new",
    released: false,
    resting: true,
    after: null,
    trouble: null,
    snapshot: "unwanted",
    ...changes,
  };
}

/** A chain of five at height 10 + `now` in seconds, all of whom vote but for `silent`. */
function view(now: number, members: Member[], changes: Partial<View> = {}, silent = ""): View {
  const height = 10 + Math.floor(now / 1000);
  const voters = new Set(ids.filter((id) => !silent.includes(id)));
  const nodes = new Map(ids.map((id) => [id, { id, height, peers: 4 }]));
  const commits = Array.from({ length: 10 }, (_, index) => ({
    height: height - 9 + index,
    voters,
    missed: new Set(silent),
  }));
  const set = ids.map((id) => ({ id, weight: 1 }));
  return { now, set, timing, commits, nodes, members, evictions: "shut", ...changes };
}

const all = (changes: Record<string, Partial<Member>> = {}) =>
  ids.map((id) => member(id, changes[id] ?? {}));

/** What is decided at the last of these views. */
function decisionAt(views: [View, ...View[]], memory: Memory = begin(views[0]), limits = policy) {
  let found = step(memory, views[0], limits);
  for (const next of views.slice(1)) found = step(found.memory, next, limits);
  return found.decision;
}

describe("the next step of a rollout", () => {
  test("is to see the chain advance before anything is touched", () => {
    expect(decisionAt([view(0, all())])).toMatchObject({ do: "wait", on: "block" });
  });

  test("is to shut evictions, then to let one validator go", () => {
    const open = view(2000, all(), { evictions: "open" });

    expect(decisionAt([view(0, all()), open])).toEqual({ do: "shut-evictions" });
    expect(decisionAt([view(0, all()), open, view(3000, all())])).toMatchObject({
      do: "let-go",
      member: { id: "a" },
    });
  });

  test("lets the one go first that does not vote anyway", () => {
    const silent = "d";
    const decision = decisionAt([view(0, all(), {}, silent), view(2000, all(), {}, silent)]);

    expect(decision).toMatchObject({ do: "let-go", member: { id: "d" } });
  });

  describe("where votes go by connections alone", () => {
    const peers = (counts: Record<string, number>, now = 2000) => {
      const height = 10 + Math.floor(now / 1000);
      const node = (id: string) => [id, { id, height, peers: counts[id] ?? 4 }] as const;
      return view(now, all(), { nodes: new Map(ids.map(node)) });
    };

    test("lets the one go first that starts anew with all of them", () => {
      const decision = decisionAt([view(0, all()), peers({ d: 2 })]);

      expect(decision).toMatchObject({ do: "let-go", member: { id: "d" } });
    });

    test("waits for those that others need, and goes on without them after a while", () => {
      const few = { c: 3, d: 2 };
      const waiting = decisionAt([view(0, all()), peers(few)]);
      const later = [peers(few, 91_000), peers(few, 93_000), peers(few, 95_000)];
      const views = [view(0, all()), peers(few), ...later] as [View, ...View[]];

      expect(waiting).toEqual({
        do: "wait",
        on: "peers",
        for: "the connections of axon-c (3 of 4), axon-d (2 of 4)",
      });
      expect(decisionAt(views.slice(0, 4) as [View, ...View[]])).toMatchObject({ do: "bear" });
      expect(decisionAt(views)).toMatchObject({ do: "let-go" });
    });

    test("waits again where even those are lost that were enough", () => {
      const few = { c: 3, d: 3 };
      const borne = [peers(few), peers(few, 93_000), peers({ c: 2, d: 2 }, 95_000)];

      expect(decisionAt([view(0, all()), ...borne])).toMatchObject({ do: "wait", on: "peers" });
    });

    test("counts nobody who could be left alone, however long it waits", () => {
      const few = { c: 1, d: 1 };
      const limit = policy.patience + 4000;

      expect(decisionAt([view(0, all()), peers(few)])).toMatchObject({
        for: "the connections of axon-c, axon-d",
      });
      expect(decisionAt([view(0, all()), peers(few), peers(few, limit)])).toMatchObject({
        outcome: "paused",
        failure: {
          code: "votes-missing",
          why: expect.stringContaining("axon-c, axon-d: one connection at most"),
        },
      });
    });

    test("takes no connection with a follower for one with a validator", () => {
      const followed = { ...peers({ a: 7, b: 7, c: 5, d: 5, e: 7 }), followers: 3 };

      expect(decisionAt([view(0, all()), followed])).toMatchObject({
        for: "the connections of axon-c (5 of 7), axon-d (5 of 7)",
      });
    });

    test("asks for no more than a block needs", () => {
      expect(decisionAt([view(0, all()), peers({ c: 3 })])).toMatchObject({ do: "let-go" });
      expect(decisionAt([view(0, all()), peers({})])).toMatchObject({ member: { id: "a" } });
    });
  });

  test("waits for votes that are missing, and gives up after a while, with nothing changed", () => {
    const missing = [view(0, all(), {}, "de"), view(2000, all(), {}, "de")] as [View, View];
    const members = all({ d: { revision: "new" }, e: { revision: "new" } });
    const short = (now: number) => view(now, members, {}, "e");

    expect(decisionAt(missing)).toMatchObject({ do: "wait" });
    expect(decisionAt([short(0), short(2000)])).toMatchObject({
      do: "wait",
      on: "votes",
      for: "the votes of axon-e",
    });
    expect(decisionAt([short(0), short(2000), short(2000 + policy.patience + 1)])).toMatchObject({
      do: "end",
      outcome: "paused",
      failure: { code: "votes-missing", why: expect.stringContaining("no vote is seen of axon-e") },
    });
  });

  test("takes a snapshot first where one is wanted, and lets go once it is ready", () => {
    const at = (snapshot: Member["snapshot"]) => all({ a: { snapshot } });
    const first = view(0, at("missing"));

    expect(decisionAt([first, view(2000, at("missing"))])).toMatchObject({ do: "snapshot" });
    expect(decisionAt([first, view(2000, at("pending"))])).toMatchObject({ on: "snapshot" });
    expect(decisionAt([first, view(2000, at("taken"))])).toMatchObject({ do: "let-go" });
  });

  test("is nothing while one is on its way, however ready the others are", () => {
    const moving = all({ a: { released: true, revision: null, resting: false } });
    const decision = decisionAt([view(0, all()), view(2000, moving)]);

    expect(decision).toEqual({ do: "wait", on: "member", for: "axon-a, which is being made" });
  });

  test("deletes a pod that its controller may replace and does not", () => {
    const stuck = all({ a: { released: true, trouble: "CrashLoopBackOff" } });
    const slow = all({ a: { released: true } });

    expect(decisionAt([view(0, stuck), view(2000, stuck)])).toMatchObject({ do: "delete" });
    expect(decisionAt([view(0, slow), view(2000, slow)])).toMatchObject({ do: "wait" });
    expect(decisionAt([view(0, slow), view(31_000, slow)])).toMatchObject({ do: "delete" });
  });

  test("deletes none whose vote has come to be needed since it was let go", () => {
    const slow = all({ a: { released: true } });
    const short = (now: number) => view(now, slow, {}, "e");
    const missing = [view(0, slow), short(2000), short(31_000)] as [View, ...View[]];

    expect(decisionAt(missing)).toMatchObject({
      do: "wait",
      on: "votes",
      for: "the votes of axon-e",
    });
    expect(decisionAt([...missing, short(32_000 + policy.patience)])).toMatchObject({
      outcome: "paused",
      failure: { code: "votes-missing" },
    });
  });

  test("on the way back, too, keeps one that answers again until it is known not to vote", () => {
    const back = all({ a: { wanted: "old", revision: "new" } });
    const at = (now: number, height: number | null, missed: string): View => {
      const found = view(now, back, {}, missed);
      return { ...found, nodes: new Map([...found.nodes, ["a", { id: "a", height, peers: 4 }]]) };
    };
    const down = at(0, null, "ae");
    const memory = turnBack(begin(down), 0);

    expect(decisionAt([down, at(1000, 11, "ae")], memory)).toMatchObject({ on: "votes" });
    expect(decisionAt([at(0, 10, "ae"), at(60_000, 70, "ae")], memory)).toMatchObject({
      do: "let-go",
    });
  });

  test("turns back when a changed pod will not come up, or holds where its data is changed", () => {
    const failed = all({ a: { released: true, revision: "new", trouble: "ErrImagePull" } });
    const views: [View, View] = [view(0, all()), view(2000, failed)];
    const failure = { code: "member-failed", id: "a", why: "axon-a: ErrImagePull" };

    expect(decisionAt(views)).toEqual({ do: "turn-back", failure });
    expect(decisionAt(views, undefined, { ...policy, reversible: false })).toEqual({
      do: "end",
      outcome: "held",
      failure,
    });
  });

  test("turns back when no pod is made any more of one that was let go", () => {
    const unmade = { released: true, revision: null, resting: false };
    const awaited = view(2000, all({ a: unmade }));
    const failed = view(3000, all({ a: { ...unmade, trouble: "It is not made." } }));

    expect(decisionAt([view(0, all()), awaited])).toMatchObject({ do: "wait", on: "member" });
    expect(decisionAt([view(0, all()), awaited, failed])).toEqual({
      do: "turn-back",
      failure: { code: "member-failed", id: "a", why: "axon-a: It is not made." },
    });
  });

  test.each([
    [11, { do: "end", outcome: "held" }],
    [12, { do: "turn-back" }],
  ])("at height 12, of all that were stopped after %d, undoes no block", (height, decision) => {
    const failed = all({ a: { released: true, revision: "new", trouble: "ErrImagePull" } });
    const limits = { ...policy, stoppedAfter: height };

    const views: [View, View] = [view(0, all()), view(2000, failed)];

    expect(decisionAt(views, undefined, limits)).toMatchObject(decision);
    expect(decisionAt(views, undefined, { ...limits, mayLose: true })).toMatchObject({
      do: "turn-back",
    });
  });

  test("turns back when no block comes of all that were stopped and changed", () => {
    const changed = all(Object.fromEntries(ids.map((id) => [id, { revision: "new" }])));
    const standing = (now: number) => ({ ...view(0, changed), now });
    const views: [View, View, View] = [standing(0), standing(30_000), standing(30_000 + LONG)];

    expect(decisionAt(views)).toMatchObject({ outcome: "paused" });
    expect(decisionAt(views, undefined, { ...policy, stoppedAfter: 10 })).toMatchObject({
      do: "turn-back",
      failure: { code: "chain-stood-still" },
    });
  });

  test("turns back when a pod is in time for Kubernetes and never votes", () => {
    const changed = { released: true, revision: "new", incarnation: "2" };
    const silent = (now: number) => view(now, all({ a: changed }), {}, "a");

    expect(decisionAt([view(0, all()), silent(2000)])).toMatchObject({ do: "wait" });
    expect(decisionAt([view(0, all()), silent(2000), silent(2001 + policy.member)])).toMatchObject({
      do: "turn-back",
      failure: { code: "member-late" },
    });
  });

  test("turns back when the chain stands still with all others there", () => {
    const members = all({ a: { released: true, revision: "new", incarnation: "2" } });
    const standing = (now: number) => ({ ...view(2000, members, {}, "a"), now });

    expect(decisionAt([view(0, all()), standing(2000), standing(40_000)])).toMatchObject({
      do: "turn-back",
      failure: { code: "chain-stalled" },
    });
  });

  test("does not begin on a chain that stands still", () => {
    const standing = (now: number) => ({ ...view(2000, all()), now });

    expect(decisionAt([standing(0), standing(40_000)])).toMatchObject({ do: "wait", on: "block" });
    expect(decisionAt([standing(0), standing(40_000), standing(LONG)])).toMatchObject({
      do: "end",
      outcome: "paused",
      failure: { code: "chain-stood-still" },
    });
  });

  test("turns back when its time is used up, and ends there when going back takes as long", () => {
    const half = all({ a: { revision: "new" } });
    const late = view(policy.budget + 1, half);

    expect(decisionAt([view(0, half), late])).toMatchObject({
      do: "turn-back",
      failure: { code: "time-used-up" },
    });
    const back = turnBack(begin(view(0, half)), 0);
    expect(decisionAt([view(0, half), late], back)).toMatchObject({
      do: "end",
      outcome: "stuck",
    });
  });

  test("is the end once all are at the wanted revision and vote", () => {
    const done = all(Object.fromEntries(ids.map((id) => [id, { revision: "new" }])));

    expect(decisionAt([view(0, done)])).toMatchObject({ do: "wait", on: "block" });
    expect(decisionAt([view(0, done), view(1000, done)])).toEqual({
      do: "end",
      outcome: "done",
      failure: null,
    });
  });

  test("is no end while the chain stands still, though all are where they are to be", () => {
    const done = all(Object.fromEntries(ids.map((id) => [id, { revision: "new" }])));
    const still = (now: number) => ({ ...view(0, done), now });
    const back = turnBack(begin(still(0)), 0);
    const moved: [View, ...View[]] = [view(0, done), view(1000, done)];
    const minute = 60_000;

    expect(decisionAt([...moved, { ...view(1000, done), now: minute }])).toMatchObject({
      do: "turn-back",
      failure: { code: "chain-stalled" },
    });
    expect(decisionAt([still(0), still(minute)])).toMatchObject({ do: "wait", on: "block" });
    expect(decisionAt([still(0), still(minute), still(LONG)])).toMatchObject({
      outcome: "paused",
      failure: { code: "chain-stood-still" },
    });
    expect(decisionAt([still(0), still(minute)], back)).toMatchObject({ do: "wait", on: "block" });
    expect(decisionAt([still(0), still(minute), still(LONG)], back)).toMatchObject({
      outcome: "stuck",
      failure: { code: "chain-stalled" },
    });
  });

  test("asks of one without a vote that it follows the chain, and no more", () => {
    const follower = { released: true, revision: "new", incarnation: "2" };
    const joined = (now: number, behind: number) => {
      const done = Object.fromEntries(ids.map((id) => [id, { revision: "new" }]));
      const found = view(now, [...all(done), member("f", follower)]);
      const height = 10 + Math.floor(now / 1000) - behind;
      return { ...found, nodes: new Map([...found.nodes, ["f", { id: "f", height, peers: 4 }]]) };
    };

    expect(decisionAt([joined(0, 9), joined(2000, 9)])).toMatchObject({ do: "wait", on: "member" });
    expect(decisionAt([joined(0, 9), joined(2000, 1)])).toMatchObject({ outcome: "done" });
  });

  test("waits for all of a chain that was just made", () => {
    const done = all(Object.fromEntries(ids.map((id) => [id, { revision: "new" }])));
    const touched = new Set(ids);
    const silent = view(0, done, {}, "e");

    expect(decisionAt([silent, silent], begin(silent, { touched }))).toMatchObject({
      do: "wait",
      for: expect.stringContaining("axon-e"),
    });
    const whole = view(0, done);
    const later = view(1000, done);
    expect(decisionAt([whole, later], begin(whole, { touched }))).toMatchObject({
      outcome: "done",
    });
  });

  test("takes no vote from before it began for one of those that may have started since", () => {
    const done = all(
      Object.fromEntries(ids.map((id) => [id, { revision: "new", released: true }])),
    );
    const unproven = new Set(ids);
    const decided = (now: number, silent = "") => {
      const whole = view(0, done);
      return decisionAt([whole, view(now, done, {}, silent)], begin(whole, { unproven }));
    };

    expect(decided(0)).toMatchObject({ do: "wait" });
    expect(decided(1000, "e")).toMatchObject({ for: expect.stringContaining("axon-e") });
    expect(decided(1000)).toMatchObject({ outcome: "done" });
  });

  test("on the way back is to wait for the one that was let go, though it is held again", () => {
    const gone = all({ a: { revision: null, wanted: "old", resting: false } });
    const back = all(Object.fromEntries(ids.map((id) => [id, { wanted: "old" }])));
    const memory = turnBack({ ...begin(view(0, gone)), moving: new Map([["a", 0]]) }, 0);
    const silent = view(2000, back, {}, "a");

    expect(decisionAt([view(0, gone), view(1000, gone)], memory)).toMatchObject({ on: "member" });
    expect(decisionAt([view(0, gone), silent], memory)).toMatchObject({ on: "member" });
    expect(decisionAt([view(0, gone), view(2000, back)], memory)).toMatchObject({
      outcome: "taken-back",
    });
  });

  test("keeps to the order of a set whose controller has one", () => {
    const ordered = all({
      a: { after: "b" },
      b: { after: "c" },
      c: { after: "d" },
      d: { after: "e" },
    });

    expect(decisionAt([view(0, ordered), view(2000, ordered)])).toMatchObject({
      member: { id: "e" },
    });
  });
});
