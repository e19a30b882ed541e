import { freshMemory, handedTo, hasWaited, note, remember } from "../src/broadcaster/memory.ts";
import type { SendVerdict } from "../src/refusal.ts";
import { hashOf, head, ledgerOf, look, type Open, receipt, taken } from "./standing.ts";

let ledger: Open;
beforeAll(async () => {
  ledger = await ledgerOf(4, 4);
});

const said = "as it pleases";
const candidate = (nonce: number) => ({
  ...(ledger.open.slots[nonce]
    ?.candidates[0] as Open["open"]["slots"][number]["candidates"][number]),
  nonce,
});

function told(answers: [number, SendVerdict][], seen = look()) {
  const memory = freshMemory(16, false);
  const news = answers.map(([nonce, answer]) => note(memory, candidate(nonce), answer, seen));
  return { memory, news };
}

test("counts as sent what a node took and was not given before", () => {
  const { news } = told([
    [0, taken],
    [0, taken],
    [1, { verdict: "known" }],
    [2, { verdict: "refused", said }],
    [2, taken],
  ]);
  expect(news).toEqual([true, false, false, false, false]);
});

test("counts as sent what a node knew already, if this run has signed it: a reply was lost", () => {
  const memory = freshMemory(16, false);
  memory.signed.add(hashOf(ledger, 0));
  const known: SendVerdict = { verdict: "known" };
  expect([0, 1].map((nonce) => note(memory, candidate(nonce), known, look()))).toEqual([
    true,
    false,
  ]);
});

test("keeps when bytes were sent first, and what was said last", () => {
  const { memory } = told([[0, taken]]);
  note(memory, candidate(0), { verdict: "known" }, look({ head: head(15), look: 4 }));
  expect(memory.sent.get(hashOf(ledger, 0))).toEqual({
    first: 10,
    block: 15,
    look: 4,
    answer: { verdict: "known" },
    next: 0,
    refusals: 0,
  });
});

test("counts refusals, and only those for the transaction's own sake", () => {
  const refused: SendVerdict = { verdict: "refused", said };
  const { memory } = told([
    [0, refused],
    [0, { verdict: "too-early", said }],
    [0, refused],
  ]);
  expect(memory.sent.get(hashOf(ledger, 0))?.refusals).toBe(2);
});

test("narrows the window to what was taken before a full pool or an empty purse", () => {
  expect(told([[3, { verdict: "too-early", said }]]).memory.window.size).toBe(3);
  expect(told([[2, { verdict: "no-funds", said }]]).memory.window.size).toBe(2);
  // The next transaction of all that cannot be paid says nothing of the pool.
  expect(told([[0, { verdict: "no-funds", said }]]).memory.window.size).toBe(16);
});

test("sees by a block, or by many looks without one, that bytes had their chance", () => {
  const { memory } = told([[0, taken]]);
  const sending = memory.sent.get(hashOf(ledger, 0));
  const waited = (number: number, looks: number, blocks?: number) =>
    sending && hasWaited(sending, look({ head: head(number), look: looks }), blocks);
  expect([waited(10, 6), waited(11, 1), waited(10, 7), waited(12, 2, 3)]).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

test("notices what a node has let fall, and when the chain showed all that is settled", () => {
  const { memory } = told([0, 1, 2, 3].map((nonce) => [nonce, taken]));
  memory.window.countsPending = true;
  remember(memory, ledger, look({ head: head(11), pending: 2, look: 9 }));
  expect(memory.window.size).toBe(2);
  expect(memory.inOrder).toBe(9);

  remember(memory, { ...ledger, nonce: 3 }, look({ nonce: 2, look: 10 }));
  expect(memory.inOrder).toBe(9);
});

test("keeps the receipts that are final, and no others", () => {
  const memory = freshMemory(16, false);
  const mined = [receipt(hashOf(ledger, 0), 8), receipt(hashOf(ledger, 1), 9)];
  remember(memory, ledger, look({ mined, final: 8 }));
  expect([...memory.final.keys()]).toEqual([hashOf(ledger, 0)]);
});

test("knows up to where a node should count what it took, if that node shows its pool", () => {
  const { memory } = told([
    [0, taken],
    [1, { verdict: "known" }],
    [2, { verdict: "too-early", said }],
  ]);
  expect(handedTo(memory, ledger)).toBe(0);
  memory.window.countsPending = true;
  expect(handedTo(memory, ledger)).toBe(2);
});
