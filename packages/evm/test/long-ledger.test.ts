import { canonical, digestOf, type Store } from "@playbook/state";
import { claim, whole } from "../../../test/proof.ts";
import { type Address, type Body, everyLedger, type Hex, Ledger } from "../src/index.ts";
import { prefixOf } from "../src/ledger/ledger.ts";
import { bytes } from "./standing.ts";

const KEY = {
  genesis: `0x${"ab".repeat(32)}` as Hex,
  chainId: 1,
  signer: "0x1111111111111111111111111111111111111111" as Address,
};
const DIGEST = `sha256:${"0".repeat(64)}`;
const HASH = `0x${"0".repeat(64)}` as const;

/** S3 gives so many keys at most for one request. */
const PAGE = 1_000;

/**
 * What `plans` plans of `steps` steps each have left in a ledger, all of them settled and closed.
 */
function* history(plans: number, steps: number): Generator<Body> {
  yield { kind: "adopted", ...KEY, nonce: 0, block: 0 };
  for (let plan = 0; plan < plans; plan += 1) {
    const nonces = Array.from({ length: steps }, (_, index) => plan * steps + index);
    const common = { plan: DIGEST, deployment: `release ${plan}` };
    const step = (nonce: number) => ({ step: `one/${nonce}`, nonce, hash: HASH });
    yield { kind: "opened", ...common, firstNonce: nonces[0] ?? 0, steps };
    yield { kind: "signed", transactions: nonces.map((nonce) => ({ ...step(nonce), raw: "0x" })) };
    const mined = { block: 1, succeeded: true, gasUsed: 21_000, fee: 1n };
    yield { kind: "settled", settlements: nonces.map((nonce) => ({ ...step(nonce), ...mined })) };
    const nonce = (plan + 1) * steps;
    yield { kind: "closed", ...common, outcome: "complete", ...KEY, nonce, block: 1 };
  }
}

/** An open plan of which all but the last nonces are settled, in entries as `decide` makes them. */
async function* underWay(steps: number): AsyncGenerator<Body> {
  yield { kind: "adopted", ...KEY, nonce: 0, block: 0 };
  yield { kind: "opened", plan: DIGEST, deployment: "one", firstNonce: 0, steps };
  let [signed, settled] = [0, 0];
  for (let size = 16; settled < steps - WINDOW; size = Math.min(2 * size, WINDOW)) {
    const nonces = Array.from({ length: Math.min(size, steps - signed) }, (_, at) => signed + at);
    const transactions = await Promise.all(nonces.map((nonce) => bytes(nonce)));
    if (nonces.length > 0) yield { kind: "signed", transactions };
    hashes.push(...transactions.map(({ hash }) => hash));
    signed += nonces.length;
    for (let due = dueAt(settled); signed - settled >= due; due = dueAt(settled)) {
      const mined = Array.from({ length: due }, (_, at) => settled + at);
      const paid = { block: 1, succeeded: true, gasUsed: 21_000, fee: 1n };
      const settlements = mined.map((nonce) => ({
        ...{ step: `a/${nonce}`, nonce, hash: hashes[nonce] as Hex },
        ...paid,
      }));
      yield { kind: "settled", settlements };
      settled += due;
    }
  }
}

const WINDOW = 512;
const hashes: Hex[] = [];
const dueAt = (settled: number) => Math.min(Math.max(64, Math.floor(settled / 4)), WINDOW);

/** A store that holds a ledger, and counts what it is asked in requests as S3 would. */
function storeWith(bodies: Iterable<Body>): { store: Store; requests: () => number } {
  const objects = new Map<string, Uint8Array>();
  let previous: string | null = null;
  for (const body of bodies) {
    const index = objects.size;
    const header = { format: "playbook.ledger", version: 1, index, previous, writer: "past" };
    const text = canonical({ ...header, ...body });
    const name = `${String(index).padStart(10, "0")}.json`;
    objects.set(`${prefixOf(KEY)}/${name}`, Buffer.from(text));
    previous = digestOf(text);
  }
  const keys = [...objects.keys()];
  let requests = 0;
  const store: Store = {
    location: "memory",
    create: () => Promise.reject(new Error("It is only read.")),
    read: async (key) => {
      requests += 1;
      return objects.get(key);
    },
    list: async (_, after = "", most = keys.length) => {
      const found = keys.slice(keys.findLastIndex((key) => key <= after) + 1).slice(0, most);
      requests += Math.max(1, Math.ceil(found.length / PAGE));
      return found;
    },
  };
  return { store, requests: () => requests };
}

test.each([
  { plans: 1, steps: 10, most: 4 },
  { plans: 500, steps: 20, most: 7 },
  { plans: 10_000, steps: 1, most: 17 },
])("a ledger of $plans plans with $steps nonces each costs $most requests at most", async (one) => {
  const since = Date.now();
  const { store, requests } = storeWith(history(one.plans, one.steps));
  const ledger = new Ledger(store, KEY, "reader");

  const state = await ledger.read();

  expect(state).toMatchObject({ nonce: one.plans * one.steps, open: null });
  expect(requests()).toBeLessThanOrEqual(one.most);
  const what = `Scale: reading a ledger of ${one.plans} plans, ${one.plans * one.steps} settled nonces`;
  claim(what, { tried: requests(), passed: requests(), unit: "requests", since });
});

test("a plan that is still open costs no more for each nonce of it that is settled", async () => {
  const since = Date.now();
  const steps = whole ? 10_000 : 1_000;
  const bodies: Body[] = [];
  for await (const body of underWay(steps)) bodies.push(body);
  const { store, requests } = storeWith(bodies);
  const ledger = new Ledger(store, KEY, "reader");

  const state = await ledger.read();

  expect(state?.open?.settled.length).toBeGreaterThan(steps - 2 * WINDOW);
  expect(requests()).toBeLessThanOrEqual(64);
  const what = "Scale: reading a ledger in the middle of a plan of 10,000 steps";
  claim(what, { tried: requests(), passed: requests(), unit: "requests", since });
});

test("which ledgers there are is known without a look at their entries", async () => {
  const { store, requests } = storeWith(history(500, 20));

  expect(await everyLedger(store)).toEqual([KEY]);
  expect(requests()).toBe(2);
  const other = `0x${"22".repeat(20)}` as Address;
  expect(await everyLedger(store, other)).toEqual([]);
});
