import type { Address, Hex } from "@playbook/evm";
import { enoughSince, type Journey, type Signing, verdictOf } from "../src/journey.ts";

const account = (number: number) => `0x${String(number).repeat(40)}` as Address;
const word = (number: number) => `0x${String(number).repeat(64)}` as Hex;
const DAY = 1_700_000_000_000;

const signed = (number: number, seconds: number): Signing => ({
  ...{ validator: account(number), flaw: null, spoils: false, signature: "0x" as Hex },
  at: DAY + seconds * 1000,
});
const silent = (number: number): Signing => ({
  ...{ validator: account(number), flaw: "It has not signed index 3.", signature: null, at: null },
  spoils: false,
});
const astray = (number: number): Signing => ({
  ...silent(number),
  ...{ flaw: "It is of another message.", spoils: true },
});

const ARRIVED: Journey = {
  route: { origin: "one", destination: "two" },
  sent: { hash: word(1), id: word(2), at: DAY },
  ...{ refusal: null, index: 3, isEnough: true, isPaused: false, answer: null, purses: [] },
  ...{ flagged: [], unprovable: [] },
  enoughAt: DAY + 4000,
  signing: [signed(1, 2), signed(2, 4), silent(3)],
  delivered: { hash: word(3), by: account(9), at: DAY + 9_400 },
  lost: null,
};
const LOST: Journey = { ...ARRIVED, delivered: null };

const poor = { relayer: account(9), balance: 0n, least: 0n, coins: "0 ETH" };
const rich = { relayer: account(8), balance: 5n, least: 0n, coins: "5 ETH" };

test("one that arrived has the seconds of each hop, and misses none", () => {
  expect(verdictOf(ARRIVED)).toEqual({
    ...{ route: ARRIVED.route, missing: null, why: "" },
    seconds: { dispatched: 0, "in the tree": 0, signed: 4, relayed: 9, delivered: 9 },
  });
});

test("a clock that is behind the chain's makes no time negative", () => {
  const delivered = { hash: word(3), by: account(9), at: DAY - 2000 };
  expect(verdictOf({ ...ARRIVED, delivered }).seconds.delivered).toBe(0);
});

test("it is signed when the last of those has signed who were needed, whoever signs later", () => {
  const all = [signed(1, 9), silent(2), signed(3, 2), signed(4, 5)];
  const two = (signers: ReadonlySet<Address>) => signers.size >= 2;
  expect(enoughSince(all, two)).toBe(DAY + 5000);
  expect(enoughSince(all.slice(0, 2), two)).toBeNull();
  expect(enoughSince(all, () => null)).toBeNull();
});

const hops: [string, Partial<Journey>, string, string][] = [
  ["was refused", { sent: null, refusal: "paused" }, "dispatched", "paused"],
  ["is in no tree", { index: null, isEnough: null }, "in the tree", "nobody will sign it"],
  [
    "was signed by too few",
    { isEnough: false, signing: [signed(1, 2), silent(2), silent(3)] },
    "signed",
    `1 of 3 have signed it, which is too few. ${account(2)}: It has not signed index 3.`,
  ],
  ["nobody signs for", { isEnough: false, signing: [] }, "signed", "no route"],
  ["a paused module holds", { isEnough: false, isPaused: true }, "delivered", "is paused"],
  [
    "a chain keeps to itself that answers no more",
    { lost: { chain: "two", why: "HTTP 503" } },
    "delivered",
    "two has stopped answering: HTTP 503",
  ],
  ["the mailbox refuses", { answer: { refusal: "!root" } }, "delivered", "refuse it: !root"],
  [
    "nobody brings",
    { answer: "accepted" },
    "relayed",
    "Enough have signed it, and the mailbox would take it; no relayer has brought it.",
  ],
  [
    "nobody brings of whom more is not known",
    { isEnough: null },
    "relayed",
    "Enough have signed it;",
  ],
  [
    "a flag holds, though enough have signed it",
    { answer: "accepted", flagged: [account(3)], purses: [rich] },
    "relayed",
    `${account(3)} has a reorg_flag.json: relayers bring nothing that such a validator judges`,
  ],
  [
    "a flag holds, and too few have signed",
    { isEnough: false, signing: [signed(1, 2), silent(2), silent(3)], flagged: [account(3)] },
    "signed",
    `${account(3)} has a reorg_flag.json: relayers bring nothing`,
  ],
  [
    "a signature of another message under the same root holds, though enough have signed it",
    { answer: "accepted", signing: [signed(1, 2), signed(2, 4), astray(3)], purses: [rich] },
    "relayed",
    `${account(3)} has signed something else under the right root`,
  ],
  [
    "Hyperlane's own relayers cannot bring",
    { answer: "accepted", unprovable: ["weightedMessageIdMultisigIsm"], purses: [poor] },
    "relayed",
    "and the mailbox would take it; no relayer has brought it. Hyperlane's own never do: they " +
      "make no proof for weightedMessageIdMultisigIsm.",
  ],
  ["relayers have no coins for", { purses: [poor] }, "relayed", "No relayer has coins."],
  ["one of two relayers has no coins for", { purses: [poor, rich] }, "relayed", "has 0 ETH."],
];

test.each(hops)("of one that %s the missing hop is told, and why", (_, over, missing, why) => {
  const verdict = verdictOf({ ...LOST, ...over });
  expect(verdict.missing).toBe(missing);
  expect(verdict.why).toContain(why);
});

test("one that arrived has arrived, whichever chain stopped answering then", () => {
  const lost = { chain: "one", why: "HTTP 503" };
  expect(verdictOf({ ...ARRIVED, lost })).toMatchObject({ missing: null, why: "" });
});

test("hops that a lost message took have their seconds all the same", () => {
  expect(verdictOf(LOST).seconds).toEqual({ dispatched: 0, "in the tree": 0, signed: 4 });
});
