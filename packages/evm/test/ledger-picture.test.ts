import type { Body } from "../src/index.ts";
import { drawLedger } from "../src/ledger/picture.ts";
import { type Shown, standingOf } from "../src/ledger/standing.ts";
import { apply, type LedgerState } from "../src/ledger/state.ts";
import { bytes, ledgerOf, type Open, PLAN, SIGNER, step } from "./standing.ts";

const then = (ledger: LedgerState, ...entries: Body[]) =>
  entries.reduce<LedgerState>(apply, ledger);

const settled = (ledger: Open, ...nonces: number[]): Body => ({
  kind: "settled",
  settlements: nonces.map((nonce) => ({
    step: `a/${nonce}`,
    nonce,
    hash: ledger.open.slots.find((one) => one.nonce === nonce)?.candidates[0]?.hash ?? "0x",
    block: 20,
    succeeded: nonce !== 1,
    gasUsed: 1,
    fee: 1n,
  })),
});

const abandoned: Body = { kind: "abandoned", plan: PLAN };
const drawn = (state: LedgerState, shown: Shown | null = null) =>
  drawLedger(standingOf(state, shown), "alpha (chain 1)");

/** Twelve steps, eight signed, the second one reverted, some sent. */
async function midway(): Promise<LedgerState> {
  const ledger = await ledgerOf(12, 8);
  return then(ledger, settled(ledger, 0, 1, 2));
}

test("a plan on its way is drawn nonce by nonce, compared with what the chain shows", async () => {
  expect(drawn(await midway(), { latest: 5, pending: 6 })).toBe(`\
${SIGNER} on alpha (chain 1)
  genesis   0xabababababababab…
  settled   nonces below 3, up to block 20
  on chain  5 in blocks, 6 with what its node holds: more than are settled
  open      acme one
  plan      sha256:plan
  steps     2 of 12 settled, 5 signed, 4 to be signed, 1 of no use any more
         0  #!#>>>ss.. ..
            # settled  ! reverted  > under way  s signed, not sent
            . to be signed`);
});

test("a plan that is given up shows what is used up, what is not yet, and what went to others", async () => {
  const transactions = await Promise.all([4, 5, 6, 7].map((nonce) => bytes(nonce, null)));
  const foreign: Body = { kind: "foreign", upTo: 4, hash: `0x${"ee".repeat(32)}`, block: 21 };
  const cancelled: Body = { kind: "cancelled", transactions, why: "" };
  const state = then(await midway(), abandoned, foreign, cancelled);

  const picture = drawn(state);
  expect(picture).toContain("given up  acme one");
  expect(picture).toContain("         0  #!#?cccc");
  expect(picture).not.toContain("to be signed\n");
});

test("a long plan is drawn in lines of fifty, none longer than a terminal", async () => {
  const ledger = await ledgerOf(230, 120);
  const lines = drawn(ledger, { latest: 60, pending: 90 }).split("\n");

  expect(lines.filter((line) => /^ +\d+ {2}/.test(line))).toHaveLength(5);
  expect(lines.find((line) => line.trim().startsWith("50 "))).toBe(
    "        50  >>>>>>>>>> >>>>>>>>>> >>>>>>>>>> >>>>>>>>>> ssssssssss",
  );
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
});

test("a key that is free says where the next plan starts, and how the last one ended", async () => {
  const one = await ledgerOf(1, 1);
  const identity = { genesis: one.genesis, chainId: 1, signer: SIGNER, nonce: 1, block: 20 };
  const plan = { plan: PLAN, deployment: "acme one" };
  const closed: Body = { kind: "closed", outcome: "complete", ...plan, ...identity };
  const state = then(one, settled(one, 0), closed);

  expect(drawn(state)).toContain("last      acme one: complete");
  expect(drawn(state)).toContain("free      the next plan starts at nonce 1");
});

describe("what to do next", () => {
  const free = (nonce: number) => ({ ...state, nonce, open: null });
  let state: LedgerState;
  let open: LedgerState;
  beforeAll(async () => {
    open = await midway();
    state = open;
  });
  const shown = (latest: number): Shown => ({ latest, pending: latest });
  const advised = (ledger: LedgerState, seen: Shown | null) => standingOf(ledger, seen).advice;

  test.each<[string, () => LedgerState, Shown | null, string]>([
    ["an open plan goes on", () => open, null, "go-on"],
    ["also when all that it signed is in blocks", () => open, shown(8), "go-on"],
    ["a nonce beyond its own is somebody else's", () => open, shown(9), "abandon-then-adopt"],
    [
      "a plan that is given up is brought to its end",
      () => then(open, abandoned),
      shown(9),
      "finish-abandoning",
    ],
    ["a free key needs nothing", () => free(3), shown(3), "nothing"],
    ["a free key that was used is adopted", () => free(3), shown(5), "adopt"],
    ["a node that shows less than is settled is behind", () => free(3), shown(2), "node"],
  ])("%s", (_, ledger, seen, advice) => {
    expect(advised(ledger(), seen)).toBe(advice);
  });

  test("is found from the fates of a step's nonce", () => {
    const fates = standingOf(open, null).open?.nonces.map(({ step: id, fate }) => [id, fate]);
    expect(fates?.slice(2, 4)).toEqual([
      [step(2).id, "settled"],
      [step(3).id, "signed"],
    ]);
  });
});
