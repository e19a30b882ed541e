import type { Member } from "@playbook/axon";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { decide, NOTHING, type Sight, step } from "../src/decide.ts";
import {
  announced,
  type Entry,
  isAtLarge,
  type Pending,
  restartText,
  settled,
} from "../src/pending.ts";
import {
  blank,
  ChangeModel,
  type Fate,
  idOf,
  lettersOf,
  memberOf,
  policyFor,
} from "./change-model.ts";

const set = (letters: string) => [...letters].map((letter) => memberOf(letter));
const ids = (letters: string) => new Set<string>([...letters].map(idOf));

const pods = (letters: string, uid = "old") =>
  new Map<string, string>([...letters].map((letter) => [idOf(letter), uid]));

const FOUR = set("abcd");

function sight(members: readonly Member[], over: Partial<Sight> = {}): Sight {
  return {
    ...{ now: 0, head: 100, stalled: false, known: true, members, receipt: null },
    voting: new Set(members.map(({ pub_key }) => pub_key)),
    ready: ids("abcdefghijklmn"),
    entry: blank(members),
    heights: new Map(),
    running: new Map(),
    ...over,
  };
}

const pendingAdd = (over: Partial<Pending> = {}): Pending => ({
  ...{ kind: "add", id: idOf("e"), members: set("abcde"), way: { kind: "at-once" } },
  ...{ call: { chainId: 1n, nonce: 0, data: "0x" }, signer: idOf("a"), signed: null },
  ...over,
});

const entryWith = (pending: Pending, over: Partial<Entry> = {}): Entry => ({
  ...{ ...blank(FOUR), pending },
  ...over,
});

const sent = { raw: "0x01", hash: "0x01" } as const;

const way = { kind: "epoch", epoch: 2n, start: 201n, end: 300n } as const;

test("who has missed an epoch's beginning is to be restarted by hand, a newcomer only where it is not here", () => {
  const said = (over: Partial<Pending>, isHere = true) =>
    restartText(pendingAdd(over), isHere, (id) => `<${id}>`);

  expect(said({ way })).toContain("not in step when block 200 came");
  expect(said({ way })).not.toContain(idOf("e"));
  expect(said({ way }, false)).toContain(`To be restarted: <${idOf("e")}> and each`);
  expect(said({})).toBe("");
  expect(said({ kind: "remove", way })).toBe("");
  expect(said({ kind: "weigh", way })).toBe("");
});

describe("a newcomer of an epoch", () => {
  const members = set("abcde");
  const newcomer = idOf("e");
  const entry: Entry = settled(entryWith(pendingAdd({ way })), {
    ...{ wanted: members, height: 201, running: pods("abcde") },
  });
  const at = (over: Partial<Sight>) =>
    decide(
      sight(members, {
        ...{ entry, heights: new Map([[newcomer, 201]]), running: pods("abcde") },
        ...over,
      }),
      policyFor(members),
    );

  test("is started anew in it, once", () => {
    expect(at({})).toEqual({ do: "restart", id: newcomer, pod: "old" });
    expect(at({ running: pods("abcde", "new") })).toEqual({ do: "restarted", id: newcomer });
    expect(at({ entry: { ...entry, restart: null } })).toEqual({ do: "end", failure: null });
  });

  test("is left alone before it has the epoch's first block, and while it or its pod is not there", () => {
    const waiting = { do: "wait", on: "nodes", ids: [newcomer] };
    expect(at({ heights: new Map([[newcomer, 200]]) })).toEqual(waiting);
    expect(at({ heights: new Map() })).toEqual(waiting);
    expect(at({ ready: ids("abcd") })).toEqual(waiting);
    expect(at({ running: pods("abcd") })).toEqual(waiting);
  });

  test("is left alone while the others commit no blocks without it", () => {
    expect(at({ voting: ids("abce") })).toEqual({ do: "wait", on: "votes", ids: [idOf("d")] });
  });

  test("is a person's matter where it runs elsewhere, and none where it came at once", () => {
    const settle = (over: Partial<Pending>, running = pods("abcde")) =>
      settled(entryWith(pendingAdd(over)), { wanted: members, height: 201, running }).restart;
    expect(settle({ way }, pods("abcd"))).toBeNull();
    expect(settle({})).toBeNull();
    expect(settle({ kind: "remove", way })).toBeNull();
    expect(settle({ way })).toEqual({ id: newcomer, from: 201, pod: "old" });
  });
});

describe("what is done next", () => {
  test("a set that nobody ever announced is announced as it is", () => {
    expect(decide(sight(FOUR, { entry: null }), policyFor(FOUR))).toEqual({ do: "announce" });
  });

  test("a set that is not the one that was announced is an alarm, and nothing is changed", () => {
    const entry = blank(set("abce"));
    expect(decide(sight(FOUR, { entry }), policyFor(set("abcdf")))).toEqual({
      do: "end",
      failure: { code: "set-unannounced", ids: [idOf("e"), idOf("d")] },
    });
  });

  test("so is another weight or another key of the same validators", () => {
    for (const other of [{ vote_weight: 2 }, { propose_weight: 2 }, { bls_pub_key: "0x8bff" }]) {
      const entry = blank([{ ...memberOf("a"), ...other } as Member, ...set("bcd")]);
      expect(decide(sight(FOUR, { entry }), policyFor(FOUR))).toMatchObject({
        failure: { code: "set-unannounced", ids: [idOf("a")] },
      });
    }
  });

  test("when it is to be taken as it is, it is announced", () => {
    const accepted = policyFor(FOUR, { accept: true });
    expect(decide(sight(FOUR, { entry: blank(set("abce")) }), accepted)).toEqual({
      do: "announce",
    });
  });

  test("what was begun for the set before it is given up with that, or it would undo the other", () => {
    const after = set("abd");
    const given = entryWith(pendingAdd({ signed: sent }), { proving: idOf("c") });
    const receipt = { height: 100, succeeded: false };
    for (const became of [null, receipt]) {
      expect(announced(given, after, 101, became)).toEqual({ ...blank(after), height: 101 });
    }
    expect(isAtLarge(given.pending, null)).toBe(true);
    expect(isAtLarge(given.pending, receipt)).toBe(false);
    expect(isAtLarge(pendingAdd(), null)).toBe(false);
  });

  test("an epoch that is decided comes all the same, and is awaited", () => {
    const way = { kind: "epoch", epoch: 2n, start: 200n, end: 300n } as const;
    const pending = pendingAdd({ signed: sent, way });
    const receipt = { height: 100, succeeded: true };
    expect(announced(entryWith(pending), set("abd"), 101, receipt).pending).toBe(pending);
    expect(announced(entryWith(pending), set("abd"), 101, null).pending).toBeNull();
  });

  test("nothing is begun before it is known who votes, nor while no block comes", () => {
    const wanted = policyFor(set("abcde"));
    for (const over of [{ known: false }, { stalled: true }]) {
      expect(decide(sight(FOUR, over), wanted)).toEqual({ do: "wait", on: "block", ids: [] });
    }
  });

  test("what was begun is written down, signed, sent, and seen in force, in this order", () => {
    const policy = policyFor(set("abcde"));
    const at = (pending: Pending, over: Partial<Sight> = {}) =>
      decide(sight(FOUR, { entry: entryWith(pending), ...over }), policy).do;

    expect(decide(sight(FOUR), policy)).toMatchObject({ do: "begin", change: { kind: "add" } });
    expect(at(pendingAdd())).toBe("sign");
    expect(at(pendingAdd({ signed: sent }))).toBe("send");
    const receipt = { height: 100, succeeded: true };
    expect(at(pendingAdd({ signed: sent }), { receipt })).toBe("wait");
    expect(at(pendingAdd({ signed: sent }), { receipt, members: set("abcde") })).toBe("settle");
  });

  test("a call that is in force by another's hand is sent all the same: it could come later", () => {
    const entry = entryWith(pendingAdd({ signed: sent }));
    const now = sight(set("abcde"), { entry });
    expect(decide(now, policyFor(set("abcde"))).do).toBe("send");
  });

  test("what nobody has signed is given up when it has become unsafe", () => {
    const entry = entryWith(pendingAdd());
    const silent = sight(FOUR, { entry, voting: ids("abc") });
    const behind = sight(FOUR, { entry, ready: ids("abcd") });
    for (const now of [silent, behind]) {
      expect(decide(now, policyFor(set("abcde")))).toMatchObject({ do: "drop", failure: null });
    }
  });

  test("what was signed is held back until it is safe: it can never be taken back", () => {
    const entry = entryWith(pendingAdd({ signed: sent }));
    const now = sight(FOUR, { entry, voting: ids("abc") });
    expect(decide(now, policyFor(FOUR))).toEqual({ do: "wait", on: "votes", ids: [idOf("d")] });
  });

  test("a call that the chain has reverted ends the run, and is forgotten", () => {
    const entry = entryWith(pendingAdd({ signed: sent }));
    const receipt = { height: 100, succeeded: false };
    expect(decide(sight(FOUR, { entry, receipt }), policyFor(set("abcde")))).toMatchObject({
      do: "drop",
      failure: { code: "change-refused" },
    });
  });

  test("nodes that were taken out are stopped last, and only when that is asked for", () => {
    const entry: Entry = { ...blank(FOUR), removed: [idOf("x"), idOf("a")] };
    const now = sight(FOUR, { entry, running: pods("ax") });
    expect(decide(now, policyFor(FOUR)).do).toBe("end");
    const asked = policyFor(FOUR, { stop: true });
    expect(decide(now, asked)).toEqual({ do: "stop", ids: [idOf("x")] });
    expect(
      decide(sight(FOUR, { entry, running: pods("ax") }), policyFor(set("abcde"), { stop: true }))
        .do,
    ).toBe("begin");
  });
});

describe("nothing is waited for for ever", () => {
  const waits = (over: Partial<Sight>, policy = policyFor(set("abcde"))) => {
    const first = step(NOTHING, sight(FOUR, over), policy);
    expect(["wait", "send"]).toContain(first.decision.do);
    return step(first.memory, sight(FOUR, { ...over, now: 10_000 }), policy).decision;
  };
  const signed = entryWith(pendingAdd({ signed: sent }));
  const epoch = { kind: "epoch", epoch: 2n, start: 200n, end: 300n } as const;
  const inEpoch = entryWith(pendingAdd({ signed: sent, way: epoch }));
  const receipt = { height: 100, succeeded: true };

  test.each([
    ["votes-missing", { voting: ids("abc") }],
    ["nodes-behind", { ready: ids("abcd") }],
    ["chain-stands-still", { stalled: true }],
    ["call-not-included", { entry: signed }],
    ["epoch-awaited", { entry: inEpoch, receipt }],
  ] as const)("%s", (code, over) => {
    expect(waits(over)).toMatchObject({ do: "end", failure: { code } });
  });

  test("a newcomer that does not vote is taken out again", () => {
    const entry: Entry = { ...blank(set("abcde")), proving: idOf("e") };
    const now = { entry, members: set("abcde"), voting: ids("abcd") };
    expect(waits(now, policyFor(set("abcdef")))).toMatchObject({
      do: "take-back",
      change: { kind: "remove", id: idOf("e") },
      failure: { code: "newcomer-silent" },
    });
  });

  test("two that are alone can take nobody in, and say so at once", () => {
    const two = sight(set("ab"));
    expect(decide(two, policyFor(set("abc")))).toMatchObject({
      do: "end",
      failure: { code: "change-unsafe", ids: [idOf("c")] },
    });
  });
});

const letters = (least: number) =>
  fc.uniqueArray(fc.constantFrom(..."abcdefghij"), { minLength: least, maxLength: 8 });

const random = fc.infiniteStream(fc.nat(9));

const fateOf = (silent: ReadonlySet<string>, dice: Iterator<number>): Fate => ({
  silent,
  includes: () => dice.next().value < 4,
  dies: () => dice.next().value < 2,
  knows: () => dice.next().value < 7,
});

test("from any set to any other, killed anywhere: the wanted one, and never too few votes", () => {
  fc.assert(
    fc.property(letters(3), letters(1), random, (from, to, dice) => {
      const model = new ChangeModel(set(from.join("")), fateOf(new Set(), dice));
      const wanted = set(to.join(""));
      // A run that dies forgets how long it has waited: it is given time enough.
      const ended = model.run(policyFor(wanted, { patience: 10_000 }));
      expect(ended.failure).toBeNull();
      expect(lettersOf(model.members)).toEqual(lettersOf(wanted));
      expect(model.neverStood).toBe(true);
    }),
    chance(200),
  );
});

test("with epochs, killed anywhere: whoever came is started anew in the epoch that it came with", () => {
  fc.assert(
    fc.property(letters(3), letters(3), random, (from, to, dice) => {
      const model: ChangeModel = new ChangeModel(
        set(from.join("")),
        fateOf(new Set(), dice),
        () => ({
          ...{ kind: "epoch", epoch: 2n, start: BigInt(model.now + 5), end: 100_000n },
        }),
      );
      const wanted = set(to.join(""));
      const ended = model.run(policyFor(wanted, { patience: 10_000, epochWait: 10_000 }), 50_000);
      expect(ended.failure).toBeNull();
      expect(lettersOf(model.members)).toEqual(lettersOf(wanted));
      const came = to.filter((letter) => !from.includes(letter)).map(idOf);
      expect([...model.starts.keys()]).toEqual(expect.arrayContaining(came));
      expect(model.entry?.restart).toBeNull();
    }),
    chance(100),
  );
});

test("whatever else changes the set, and is accepted: no call is sent that would undo it", () => {
  const letter = (dice: Iterator<number>) => "abcdefghij".charAt(dice.next().value);
  fc.assert(
    fc.property(letters(3), letters(1), random, (from, to, dice) => {
      const some = () => new Set(Array.from({ length: 8 }, () => letter(dice)));
      const byHand = () => (dice.next().value < 1 ? set([...some()].join("")) : null);
      const model = new ChangeModel(set(from.join("")), { ...fateOf(new Set(), dice), byHand });
      const wanted = set(to.join(""));
      const ended = model.run(policyFor(wanted, { accept: true, patience: 10_000 }), 50_000);
      expect(model.sentForAnotherSet).toBe(false);
      if (!ended.failure) expect(lettersOf(model.members)).toEqual(lettersOf(wanted));
    }),
    chance(200),
  );
});

test("newcomers that never vote are out again at the end, whoever they are", () => {
  const silence = fc.subarray([..."efghij"], { minLength: 1 });
  fc.assert(
    fc.property(silence, random, (silent, dice) => {
      const never = ids(silent.join(""));
      const model = new ChangeModel(FOUR, { ...fateOf(never, dice), dies: () => false });
      const ended = model.run(policyFor(set("abcdefghij")), 20_000);
      expect(ended.failure?.code).toBe("newcomer-silent");
      const left = [..."abcdefghij"].filter((letter) => !silent.includes(letter));
      expect(lettersOf(model.members)).toEqual(left);
      expect(model.neverStood).toBe(true);
    }),
    chance(100),
  );
});

test("old ones that are down and are to go: the others go on, or it is said what is missing", () => {
  fc.assert(
    fc.property(letters(4), letters(1), fc.nat(7), random, (from, to, at, dice) => {
      const down = from[at % from.length] ?? "a";
      const fate = { ...fateOf(ids(down), dice), dies: () => false };
      const model = new ChangeModel(set(from.join("")), fate);
      const ended = model.run(policyFor(set(to.join(""))), 20_000);
      const codes = ["votes-missing", "change-unsafe", undefined];
      expect(codes).toContain(ended.failure?.code);
      if (!ended.failure) expect(lettersOf(model.members)).toEqual([...to].sort());
      expect(model.neverStood).toBe(true);
    }),
    chance(200),
  );
});
