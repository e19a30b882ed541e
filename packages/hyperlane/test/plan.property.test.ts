import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import type { ChainPlan, Desired } from "../src/index.ts";
import { planChain } from "../src/index.ts";
import { ModelChain } from "./model-chain.ts";
import { account, desired, routing, SAFE, SIGNER } from "./wishes.ts";

/** Each is a whole chain, encoded and decoded again: some milliseconds. */
const cases = chance(34, 30);

const NOTHING = { steps: [], proposals: [], changes: [] };

const start = fc.record({ nonce: fc.nat(300), deployer: fc.boolean() });

/** A chain after a wish came true on it, and what was done for it. */
function after(chain: ModelChain, wish: Desired, before: ChainPlan["addresses"] = {}): ChainPlan {
  const plan = planChain(wish, chain.observe(before), SIGNER);
  chain.apply(plan);
  return plan;
}

const isExecution = ({ label }: { label: string }) =>
  label.startsWith("TimelockController.execute");

/**
 * A second wish for a chain. A timelock that is there and shall be another is refused as it is
 * seen.
 */
function upon(first: Desired, second: Desired): Desired {
  return { ...second, timelock: first.timelock ?? second.timelock };
}

/** Whether nothing is left but what a timelock has let wait until now. */
function isOfTimelock({ steps, proposals }: ChainPlan): boolean {
  return [...steps, ...proposals].every(isExecution);
}

test("what is applied leaves nothing to do, from nothing", () => {
  fc.assert(
    fc.property(desired, start, (wish, options) => {
      const chain = new ModelChain(SIGNER, options);
      const { addresses } = after(chain, wish);
      expect(planChain(wish, chain.observe(addresses), SIGNER)).toMatchObject(NOTHING);
    }),
    cases,
  );
});

test("nothing of a new chain is asked of others, and what is handed over is handed over last", () => {
  fc.assert(
    fc.property(desired, start, (wish, options) => {
      const { steps, proposals } = after(new ModelChain(SIGNER, options), wish);
      expect(proposals).toEqual([]);
      const last = steps.findLastIndex(({ waits }) => waits === null);
      const handing = steps.filter(({ label }) => label.includes("transferOwnership"));
      expect(steps.slice(last + 1)).toEqual(handing);
    }),
    cases,
  );
});

test("a change leaves nothing to do, once the Safe has done what it was asked for", () => {
  fc.assert(
    fc.property(desired, desired, start, (first, other, options) => {
      const second = upon(first, other);
      const chain = new ModelChain(SIGNER, options);
      const { addresses } = after(chain, first);
      const change = after(chain, second, addresses);
      const executed = after(chain, second, change.addresses);
      expect(isOfTimelock(executed)).toBe(true);
      const again = planChain(second, chain.observe(change.addresses), SIGNER);
      expect(again).toMatchObject(NOTHING);
    }),
    cases,
  );
});

test("a plan names each difference, and one without differences has no calls", () => {
  fc.assert(
    fc.property(desired, desired, (first, second) => {
      const chain = new ModelChain(SIGNER);
      const { addresses } = after(chain, first);
      const { steps, proposals, changes } = planChain(second, chain.observe(addresses), SIGNER);
      const calls = steps.filter(({ kind }) => kind === "call").length + proposals.length;
      expect(changes.length > 0).toBe(calls > 0);
    }),
    cases,
  );
});

test("a step comes after what it needs, all of which is earlier and on its chain", () => {
  fc.assert(
    fc.property(desired, start, (wish, options) => {
      const { steps, firstNonce } = after(new ModelChain(SIGNER, options), wish);
      expect(firstNonce).toBe(options.nonce);
      for (const [at, { id, after: needed, data }] of steps.entries()) {
        expect(id).toBe(`here/${at}`);
        const earlier = steps.slice(0, at);
        expect(earlier.map((step) => step.id)).toEqual(expect.arrayContaining(needed));
        const mentioned = earlier.filter(({ creates }) =>
          creates.some(({ address }) => data.includes(address.slice(2).toLowerCase())),
        );
        expect(needed).toEqual(expect.arrayContaining(mentioned.map((step) => step.id)));
      }
    }),
    cases,
  );
});

/** What Ethereum allows a transaction since EIP-7825. */
const MOST_GAS = 1 << 24;

test.each([
  "domainRoutingIsm",
  "defaultFallbackRoutingIsm",
  "incrementalDomainRoutingIsm",
] as const)("a %s of hundreds of chains is made by transactions that fit into blocks", (type) => {
  const ism = { type: "testIsm" as const };
  const routes = Array.from({ length: 300 }, (_, at) => ({ domain: at + 10, ism }));
  fc.assert(
    fc.property(desired, start, (any, options) => {
      const wish = { ...any, defaultIsm: { type, owner: SAFE, routes } };
      const chain = new ModelChain(SIGNER, options);
      const { steps, addresses } = after(chain, wish);
      expect(Math.max(...steps.map(({ gas }) => gas))).toBeLessThan(MOST_GAS);
      expect(planChain(wish, chain.observe(addresses), SIGNER)).toMatchObject(NOTHING);
    }),
    { ...cases, numRuns: 2 },
  );
});

test("one chain more changes the others' routes and gas oracles, and nothing else", () => {
  const ninth = {
    type: "messageIdMultisigIsm" as const,
    validators: [account(20), account(21), account(22)],
    threshold: 2,
  };
  const price = { domain: 9, overhead: 1n, gasPrice: 2n, tokenExchangeRate: 3n };
  fc.assert(
    fc.property(desired, routing, (any, root) => {
      const igp = {
        type: "interchainGasPaymaster" as const,
        owner: SAFE,
        beneficiary: SAFE,
        oracleKey: SIGNER,
        quoteSigners: [],
        tokens: [],
        remotes: [{ ...price, domain: 2 }],
      };
      const wish = { ...any, defaultIsm: root, defaultHook: igp };
      const grown = {
        ...wish,
        defaultIsm: { ...root, routes: [...root.routes, { domain: 9, ism: ninth }] },
        defaultHook: { ...igp, remotes: [...igp.remotes, price] },
      };
      const chain = new ModelChain(SIGNER);
      const { addresses } = after(chain, wish);
      const { steps, proposals } = planChain(grown, chain.observe(addresses), SIGNER);
      const done = [...steps, ...proposals].map(({ label }) => label.replace(/\(.*/, ""));
      expect(done.toSorted()).toEqual([
        "DomainRoutingIsm.setIsms",
        "InterchainGasPaymaster.setDestinationGasConfigs",
        "StaticMessageIdMultisigIsmFactory.deploy",
        "StorageGasOracle.setRemoteGasDataConfigs",
      ]);
    }),
    cases,
  );
});

test("what a Safe has not done yet is asked of it again, and nothing is made a second time", () => {
  fc.assert(
    fc.property(desired, desired, start, (first, other, options) => {
      const second = upon(first, other);
      const chain = new ModelChain(SIGNER, options);
      const { addresses } = after(chain, first);
      const change = planChain(second, chain.observe(addresses), SIGNER);
      chain.apply({ ...change, proposals: [] });

      const again = after(chain, second, change.addresses);
      expect(again.steps.filter((step) => !isExecution(step))).toEqual([]);
      const executed = after(chain, second, again.addresses);
      expect(isOfTimelock(executed)).toBe(true);
      expect(planChain(second, chain.observe(again.addresses), SIGNER)).toMatchObject(NOTHING);
    }),
    cases,
  );
});
