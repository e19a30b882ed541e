import type { Address } from "@playbook/evm";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import {
  type Desired,
  nextInRotation,
  quorumsIn,
  type RotationView,
  type StandingQuorum,
  withSuccessor,
} from "../src/index.ts";
import { inOrder } from "../src/static-set.ts";
import { account, desired } from "./wishes.ts";

const RETIRING = account(10);
const SUCCESSOR = account(50);

const set = fc
  .record({
    others: fc.uniqueArray(fc.integer({ min: 11, max: 16 }), { minLength: 1, maxLength: 4 }),
    counts: fc.boolean(),
    spare: fc.nat(2),
    isOurs: fc.boolean(),
  })
  .map(({ others, counts, spare, isOurs }) => {
    const validators = inOrder([...others.map(account), ...(counts ? [RETIRING] : [])]);
    return { validators, threshold: Math.max(1, validators.length - spare), isOurs };
  });

const quorums: fc.Arbitrary<StandingQuorum[]> = fc
  .array(set, { maxLength: 6 })
  .map((all) =>
    all.map((one, at) => ({ ...one, name: `set ${at}`, chain: `chain${at}`, isFinal: true })),
  );

/** That of a chain which does not answer at first. */
const HIDDEN: StandingQuorum = {
  ...{ name: "hidden", chain: "chain9", isOurs: true, isFinal: true },
  ...{ validators: inOrder([RETIRING, account(11)]), threshold: 2 },
};

const start: fc.Arbitrary<RotationView> = fc
  .tuple(quorums, fc.boolean(), fc.boolean())
  .map(([all, isAway, isOrigin]) => ({
    retiring: RETIRING,
    successor: SUCCESSOR,
    quorums: all,
    isInstalled: { retiring: true, successor: false },
    isAnnounced: false,
    hasCaughtUp: false,
    unreached: isAway ? [HIDDEN.chain] : [],
    unknown: [],
    isOriginUnreached: isAway && isOrigin,
    flagged: [],
  }));

/** Who signs what has to be delivered: everybody else does, all the time. */
function isSigning(view: RotationView, one: Address): boolean {
  if (one === RETIRING) return view.isInstalled.retiring;
  if (one === SUCCESSOR) return view.isInstalled.successor && view.hasCaughtUp;
  return true;
}

const signersOf = (view: RotationView) =>
  view.quorums.map(({ validators }) => validators.filter((one) => isSigning(view, one)).length);

/** A set as its chain has it after the change, which a reorganisation may still take back. */
function changed(view: RotationView, name: string, isFinal: boolean): RotationView {
  const swap = (one: StandingQuorum) => {
    const ism = { type: "messageIdMultisigIsm" as const, ...one };
    const [after] = quorumsIn(withSuccessor(ism, RETIRING, SUCCESSOR), "x");
    return { ...one, validators: after?.validators ?? [], isFinal };
  };
  return { ...view, quorums: view.quorums.map((one) => (one.name === name ? swap(one) : one)) };
}

const answering = (view: RotationView) => ({ ...view, unreached: [], isOriginUnreached: false });

/** What a run does about a step, or what comes about while it waits. `pick` is chance's. */
function after(view: RotationView, pick: number): RotationView | undefined {
  const step = nextInRotation(view);
  switch (step.kind) {
    case "install":
      return { ...view, isInstalled: { ...view.isInstalled, successor: true } };
    case "await-announcement":
      return { ...view, isAnnounced: true };
    case "await-signatures":
      return { ...view, hasCaughtUp: true };
    case "change": {
      const due = [...step.broadcast, ...step.propose];
      return changed(view, due[pick % due.length]?.name ?? "", pick % 2 === 0);
    }
    case "await-finality": {
      const [first] = view.quorums.filter(({ isFinal }) => !isFinal);
      return changed(view, first?.name ?? "", true);
    }
    case "await-answer":
      expect(step.chains).toEqual([HIDDEN.chain]);
      return { ...answering(view), quorums: [...view.quorums, HIDDEN] };
    case "retire":
      return { ...view, isInstalled: { ...view.isInstalled, retiring: false } };
    default:
      return undefined;
  }
}

test("no set has fewer who sign than it had, at any moment, and the retiring one goes last", () => {
  fc.assert(
    fc.property(start, fc.array(fc.nat(), { minLength: 60, maxLength: 60 }), (first, picks) => {
      const had = signersOf(first);
      let view: RotationView = first;
      for (const pick of picks) {
        const next = after(view, pick);
        if (next === undefined) break;
        view = next;
        signersOf(view).forEach((count, at) => {
          expect(count).toBeGreaterThanOrEqual(had[at] ?? 0);
        });
      }
      expect(nextInRotation(view)).toEqual({ kind: "done" });
      expect(view.isInstalled.retiring).toBe(false);
      expect(view.quorums.flatMap(({ validators }) => validators)).not.toContain(RETIRING);
    }),
    chance(300),
  );
});

test("what our signer may not change is proposed to whoever may", () => {
  const quorum = { validators: [RETIRING, account(11)], threshold: 1, isFinal: true };
  const ours = { ...quorum, name: "ours", chain: "chain1", isOurs: true };
  const theirs = { ...quorum, name: "theirs", chain: "chain2", isOurs: false };
  const view = {
    retiring: RETIRING,
    successor: SUCCESSOR,
    quorums: [theirs, ours],
    isInstalled: { retiring: true, successor: true },
    isAnnounced: true,
    hasCaughtUp: true,
    unreached: [],
    unknown: [],
    isOriginUnreached: false,
    flagged: [],
  };
  expect(nextInRotation(view)).toEqual({ kind: "change", broadcast: [ours], propose: [theirs] });

  const both = { ...ours, validators: [RETIRING, SUCCESSOR] };
  expect(nextInRotation({ ...view, quorums: [both] })).toEqual({ kind: "refused", quorum: both });
  const flagged = [account(11)];
  expect(nextInRotation({ ...view, flagged })).toEqual({ kind: "stop", flagged });

  const alone = { ...view, quorums: [], unknown: ["chain3"] };
  expect(nextInRotation(alone)).toEqual({ kind: "await-word", chains: ["chain3"] });
  expect(nextInRotation({ ...alone, unknown: [] })).toEqual({ kind: "retire" });

  const settling = { ...view, quorums: [{ ...ours, validators: [SUCCESSOR], isFinal: false }] };
  expect(nextInRotation(settling)).toEqual({ kind: "await-finality", chains: ["chain1"] });
});

test("a successor takes a place in every set and changes nothing else", () => {
  fc.assert(
    fc.property(desired, ({ defaultIsm }: Desired) => {
      const before = quorumsIn(defaultIsm, "it");
      const sets = quorumsIn(withSuccessor(defaultIsm, RETIRING, SUCCESSOR), "it");
      expect(sets.map(({ name, threshold }) => [name, threshold])).toEqual(
        before.map(({ name, threshold }) => [name, threshold]),
      );
      sets.forEach(({ validators }, at) => {
        const named = (one: Address) => (one === RETIRING ? SUCCESSOR : one);
        expect(validators).toEqual(inOrder((before[at]?.validators ?? []).map(named)));
      });
      expect(withSuccessor(defaultIsm, SUCCESSOR, RETIRING)).toEqual(defaultIsm);
    }),
    chance(),
  );
});
