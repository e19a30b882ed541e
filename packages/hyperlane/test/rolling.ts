import fc from "fast-check";
import type { Quorum, RollingAgent, RolloutView } from "../src/index.ts";
import { account } from "./wishes.ts";

export const address = (at: number) => account(100 + at);

export function validator(at: number, work: RollingAgent["work"], isUp: boolean): RollingAgent {
  const name = `validator-${at}`;
  return { name, kind: "validator", group: "chain5", address: address(at), work, isUp };
}

export function relayer(
  at: number,
  work: RollingAgent["work"],
  isUp: boolean | null,
): RollingAgent {
  return { name: `relayer-${at}`, kind: "relayer", group: "all", address: address(at), work, isUp };
}

const work = fc.constantFrom("install" as const, "change" as const, null);

/** An agent that was never installed is not up. */
const agent = (at: number) =>
  fc.record({ work, isUp: fc.boolean() }).map((one): RollingAgent => {
    const isUp = one.work === "install" ? false : one.isUp;
    return at < 6 ? validator(at, one.work, isUp) : relayer(at, one.work, isUp);
  });

const quorum: fc.Arbitrary<Quorum> = fc
  .record({
    members: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 5 }),
    spare: fc.nat(2),
  })
  .map(({ members, spare }) => ({
    name: `set of ${members.join()}`,
    validators: members.map(address),
    threshold: Math.max(1, members.length - spare),
  }));

export const view: fc.Arbitrary<RolloutView> = fc.record({
  agents: fc.tuple(...[0, 1, 2, 3, 4, 5, 6, 7].map(agent)),
  quorums: fc.array(quorum, { maxLength: 6 }),
  unreached: fc.constant([]),
  unknown: fc.constant([]),
  flagged: fc.constant([]),
});

const signers = ({ agents }: RolloutView) =>
  new Set(agents.filter(({ isUp }) => isUp).map((one) => one.address));

/** The sets that reach their threshold. */
export function reached(seen: RolloutView): Set<string> {
  const up = signers(seen);
  const valid = ({ validators, threshold }: Quorum) =>
    validators.filter((one) => up.has(one)).length >= threshold;
  return new Set(seen.quorums.filter(valid).map(({ name }) => name));
}

export function put(
  seen: RolloutView,
  agent: RollingAgent,
  change: Partial<RollingAgent>,
): RolloutView {
  const agents = seen.agents.map((one) => (one.name === agent.name ? { ...one, ...change } : one));
  return { ...seen, agents };
}

/** What moving an agent does first: it goes. */
export const gone = (seen: RolloutView, agent: RollingAgent) =>
  put(seen, agent, { work: null, isUp: false });
