import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import {
  type AgentRelease,
  agentConfig,
  agentReleases,
  chartValues,
  withDatabases,
} from "../src/index.ts";
import { CHAINS, entry, read, signing } from "./agent-lists.ts";
import { account } from "./wishes.ts";

/** What an agent reads: of each chain, how often its contracts were deployed anew. */
type Reading = Record<string, number>;

const ORIGINS = ["chain1", "chain2", "chain3"];

/** A relayer of these origins. */
function relayer(reading: Reading): AgentRelease {
  const routes = Object.keys(reading).map((origin) => ({ origin, destination: "chain8" }));
  const config = agentConfig(
    CHAINS.map((chain) => {
      const times = reading[chain.metadata.name] ?? 0;
      const mailbox = account(77_000 + 100 * times + Number(chain.metadata.chainId));
      return { ...chain, addresses: { ...chain.addresses, mailbox } };
    }),
  );
  const list = { relayers: { all: { routes, instances: [entry(1)] } } };
  return agentReleases(read(list), config)[0] as AgentRelease;
}

function placed(one: AgentRelease, before: object | undefined): AgentRelease {
  const recorded = new Map(before ? [[one.name, before]] : []);
  return withDatabases([one], recorded)[0] as AgentRelease;
}

const databaseOf = ({ values }: AgentRelease) => String(values.database);

const reading = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...ORIGINS), fc.nat(2)), {
    minLength: 1,
    selector: ([chain]) => chain,
  })
  .map((all): Reading => Object.fromEntries(all));

test("no database has what other contracts have numbered, and another plan finds it again", () => {
  fc.assert(
    fc.property(fc.array(reading, { minLength: 1, maxLength: 8 }), (readings) => {
      const kept = new Map<string, Reading>();
      let before: object | undefined;
      for (const now of readings) {
        const one = placed(relayer(now), before);
        const there = kept.get(databaseOf(one)) ?? {};
        for (const [chain, times] of Object.entries(now)) expect(there[chain] ?? times).toBe(times);
        kept.set(databaseOf(one), { ...there, ...now });
        before = chartValues(one);
        expect(databaseOf(placed(relayer(now), before))).toBe(databaseOf(one));
      }
    }),
    chance(50),
  );
});

test("a route more takes nothing away from what was read", () => {
  const first = placed(relayer({ chain1: 0 }), undefined);
  const more = placed(relayer({ chain1: 0, chain2: 1 }), chartValues(first));
  expect(databaseOf(more)).toBe(databaseOf(first));
  expect(databaseOf(first)).toMatch(/^[0-9a-f]{12}$/);
});

test("what was installed before databases had folders goes on in the volume's own", () => {
  const [validator] = agentReleases(
    read({ validators: { chain1: [signing(1)] } }),
    agentConfig(CHAINS),
  ) as [AgentRelease];
  expect(databaseOf(placed(validator, chartValues(validator)))).toBe("");

  const anew = CHAINS.map((chain) => ({
    ...chain,
    addresses: { ...chain.addresses, merkleTreeHook: account(99) },
  }));
  const [other] = agentReleases(
    read({ validators: { chain1: [signing(1)] } }),
    agentConfig(anew),
  ) as [AgentRelease];
  expect(databaseOf(placed(other, chartValues(validator)))).not.toBe("");
});
