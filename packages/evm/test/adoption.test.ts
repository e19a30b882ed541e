import { type Adoption, adoption, type Sighting } from "../src/ledger/adoption.ts";
import { apply, replay } from "../src/ledger/state.ts";
import { adopted, ledgerOf, opened, PLAN, SIGNER } from "./standing.ts";

const at = (final: number, over: Partial<Sighting> = {}): Sighting => ({
  chain: "a",
  signer: SIGNER,
  final,
  latest: final,
  pending: final,
  block: 90,
  ...over,
});

const ledger = (nonce: number) => replay([{ ...adopted, nonce } as typeof adopted]);

test.each<[string, number | undefined, Sighting, Adoption]>([
  ["a key that was never used", undefined, at(0), { act: "begin", nonce: 0, block: 90 }],
  ["a used key", undefined, at(42), { act: "begin", nonce: 42, block: 90 }],
  ["a key that is adopted already", 42, at(42), { act: "none", nonce: 42 }],
  ["foreign use since", 42, at(50), { act: "pass", from: 42, upTo: 50 }],
])("%s", (_, nonce, seen, wanted) => {
  expect(adoption(nonce === undefined ? undefined : ledger(nonce), seen)).toEqual(wanted);
});

test.each<[string, Sighting, string]>([
  [
    "in blocks that are not final",
    at(3, { latest: 5, pending: 5 }),
    "3 of them are final; 5 are in",
  ],
  ["held by the node", at(3, { pending: 4 }), "its node holds 1 more"],
])("nothing is taken over while transactions are %s", (_, seen, why) => {
  const wanted = expect.objectContaining({ code: "key-busy", why: expect.stringContaining(why) });
  expect(() => adoption(undefined, seen)).toThrow(wanted);
  expect(() => adoption(ledger(1), seen)).toThrow(wanted);
});

test("nothing is taken over while a plan has the key, given up or not", async () => {
  const open = await ledgerOf(3, 1);
  const wanted = expect.objectContaining({ code: "plan-open" });
  expect(() => adoption(open, at(7))).toThrow(wanted);
  expect(() => adoption(apply(open, { kind: "abandoned", plan: PLAN }), at(7))).toThrow(wanted);
  expect(() => adoption(replay([adopted, opened(1)]), at(0))).toThrow(wanted);
});

test("a node that shows less than is settled is not believed", () => {
  expect(() => adoption(ledger(42), at(41))).toThrow(
    expect.objectContaining({ code: "node-behind" }),
  );
});
