import type { Address } from "@playbook/evm";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import {
  foresee,
  nextMove,
  type Quorum,
  type RollingAgent,
  type RolloutMove,
  type RolloutView,
} from "../src/index.ts";
import { account } from "./wishes.ts";

const address = (at: number) => account(100 + at);

function validator(at: number, work: RollingAgent["work"], isUp: boolean): RollingAgent {
  const name = `validator-${at}`;
  return { name, kind: "validator", group: "chain5", address: address(at), work, isUp };
}

function relayer(at: number, work: RollingAgent["work"], isUp: boolean | null): RollingAgent {
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

const view: fc.Arbitrary<RolloutView> = fc.record({
  agents: fc.tuple(...[0, 1, 2, 3, 4, 5, 6, 7].map(agent)),
  quorums: fc.array(quorum, { maxLength: 6 }),
  unreached: fc.constant([]),
  flagged: fc.constant([]),
});

const signers = ({ agents }: RolloutView) =>
  new Set(agents.filter(({ isUp }) => isUp).map((one) => one.address));

/** The sets that reach their threshold. */
function reached(seen: RolloutView): Set<string> {
  const up = signers(seen);
  const valid = ({ validators, threshold }: Quorum) =>
    validators.filter((one) => up.has(one)).length >= threshold;
  return new Set(seen.quorums.filter(valid).map(({ name }) => name));
}

function put(seen: RolloutView, agent: RollingAgent, change: Partial<RollingAgent>): RolloutView {
  const agents = seen.agents.map((one) => (one.name === agent.name ? { ...one, ...change } : one));
  return { ...seen, agents };
}

/** What moving an agent does first: it goes. */
const gone = (seen: RolloutView, agent: RollingAgent) =>
  put(seen, agent, { work: null, isUp: false });

/** Goes on until there is nothing to be done but wait for somebody, and says how it went. */
function rolled(start: RolloutView, comesBack: (agent: RollingAgent) => boolean) {
  const moves: RolloutMove[] = [];
  let seen = start;
  for (;;) {
    const move = nextMove(seen);
    moves.push(move);
    if (move.kind === "move") {
      const after = gone(seen, move.agent);
      expect([...reached(after)]).toEqual([...reached(seen)]);
      seen = after;
    } else if (move.kind === "wait" && comesBack(move.agent)) {
      seen = put(seen, move.agent, { isUp: true });
    } else return { moves, seen, last: move };
    expect(moves.length).toBeLessThan(100);
  }
}

test("no move takes a set below its threshold, whoever fails to come back", () => {
  fc.assert(
    fc.property(view, fc.array(fc.nat(7), { maxLength: 3 }), (start, failing) => {
      const names = new Set(failing.map((at) => start.agents[at]?.name));
      rolled(start, ({ name }) => !names.has(name));
    }),
    chance(300),
  );
});

test("one is moved at a time: the one before is there again, or nothing more is moved", () => {
  fc.assert(
    fc.property(view, (start) => {
      const { moves } = rolled(start, () => true);
      moves.forEach((move, at) => {
        if (move.kind !== "move") return;
        expect(moves[at + 1]).toMatchObject({ kind: "wait", agent: { name: move.agent.name } });
      });
    }),
    chance(300),
  );
});

test("where every set has one to spare, each is moved once and all are there in the end", () => {
  const spared = view.filter(({ quorums }) =>
    quorums.every(({ validators, threshold }) => validators.length > threshold),
  );
  fc.assert(
    fc.property(spared, (start) => {
      const { moves, seen, last } = rolled(start, () => true);
      const moved = moves.flatMap((move) => (move.kind === "move" ? [move.agent.name] : []));
      const due = start.agents.filter((one) => one.work !== null).map(({ name }) => name);
      expect(last).toEqual({ kind: "done" });
      expect(moved.toSorted()).toEqual(due.toSorted());
      expect(seen.agents.every((one) => one.work === null && one.isUp)).toBe(true);
    }),
    chance(300),
  );
});

/** How things are, and the chain that each set is on: no more of it is seen than what chains say. */
type Truth = RolloutView & { on: string[] };

const CHAINS = ["chain5", "chain6", "chain7"];

const truth: fc.Arbitrary<Truth> = fc
  .record({
    seen: view,
    retiring: fc.subarray([0, 1, 2, 3, 4, 5]),
    on: fc.array(fc.constantFrom(...CHAINS), { minLength: 6, maxLength: 6 }),
    unreached: fc.subarray(CHAINS, { minLength: 1, maxLength: 2 }),
  })
  .map(({ seen, retiring, on, unreached }) => ({ ...spread(seen, retiring), on, unreached }));

/** Three validators sign for each of two chains, and one of the relayers works on the second alone. */
function spread({ agents, ...seen }: RolloutView, retiring: number[]): RolloutView {
  const placed = agents.map((one, at): RollingAgent => {
    if (one.kind === "relayer") return { ...one, group: `r${at}`, chains: CHAINS.slice(7 - at) };
    const work = one.work !== "install" && retiring.includes(at) ? "retire" : one.work;
    return { ...one, work, group: at < 3 ? "chain5" : "chain6" };
  });
  return { ...seen, agents: placed };
}

/** What can be seen: nothing that a chain alone could say which does not answer. */
function visible({ on, ...all }: Truth): RolloutView {
  const isAway = (chain: string | undefined) => all.unreached.includes(chain ?? "");
  const agents = all.agents.map((one) =>
    one.kind === "validator" && isAway(one.group) ? { ...one, isUp: null } : one,
  );
  return { ...all, agents, quorums: all.quorums.filter((_, at) => !isAway(on[at])) };
}

/** A rollout that sees no more than that; whoever moves comes back, but for those who fail. */
function rolledBlind(start: Truth, failing: (agent: RollingAgent) => boolean = () => false) {
  const moved: string[] = [];
  let all = start;
  for (;;) {
    const move = nextMove(visible(all));
    const real = all.agents.find(({ name }) => "agent" in move && name === move.agent.name);
    if (move.kind === "move" && real) {
      const after: Truth = { ...gone(all, real), on: all.on };
      expect([...reached(after)]).toEqual([...reached(all)]);
      if (real.work === "retire")
        after.agents = after.agents.filter((one) => one.name !== real.name);
      moved.push(real.name);
      all = after;
    } else if (move.kind === "wait" && real && !failing(real)) {
      all = { ...put(all, real, { isUp: true }), on: all.on };
    } else return { moved, all, last: move };
    expect(moved.length).toBeLessThan(100);
  }
}

test("no move takes a set below its threshold that only a chain knows which does not answer", () => {
  fc.assert(
    fc.property(truth, fc.array(fc.nat(7), { maxLength: 3 }), (start, failing) => {
      const names = new Set(failing.map((at) => start.agents[at]?.name));
      rolledBlind(start, ({ name }) => names.has(name));
    }),
    chance(1000),
  );
});

test("a chain that does not answer holds nobody up whom it cannot count on, and names the others", () => {
  fc.assert(
    fc.property(truth, (start) => {
      const { moved, all, last } = rolledBlind(start);
      const mayMove = ({ kind, group, isUp, work }: RollingAgent) => {
        if (work === null) return false;
        if (kind === "relayer") return true;
        return !start.unreached.includes(group) && !isUp && work !== "retire";
      };
      const due = start.agents.filter(mayMove).map(({ name }) => name);
      expect(moved.toSorted()).toEqual(due.toSorted());
      if (last.kind === "blocked") return;
      const isLeft = ({ kind, group, work }: RollingAgent) =>
        work !== null || (kind === "validator" && start.unreached.includes(group));
      const left = all.agents.filter(isLeft).map(({ name }) => name);
      expect(last.kind).toBe(left.length > 0 ? "left" : "done");
      if (last.kind === "left") expect(last.agents.map(({ name }) => name)).toEqual(left);
    }),
    chance(1000),
  );
});

test("what a chain blocks that does not answer, nothing blocks that all answer to", () => {
  fc.assert(
    fc.property(truth, (start) => {
      const { last } = rolledBlind(start);
      if (last.kind !== "blocked") return;
      const whole = rolledBlind({ ...start, unreached: [] });
      expect(whole.last.kind).toBe("blocked");
    }),
    chance(1000),
  );
});

test("the next run, to which all answer, does what was left", () => {
  const spared = truth.filter(
    ({ quorums, agents }) =>
      quorums.every(({ validators, threshold }) => validators.length > threshold) &&
      agents.every(({ work }) => work !== "retire"),
  );
  fc.assert(
    fc.property(spared, (start) => {
      const { moved, all } = rolledBlind(start);
      const rest = rolledBlind({ ...all, unreached: [] });
      const due = start.agents.filter((one) => one.work !== null).map(({ name }) => name);
      expect([...moved, ...rest.moved].toSorted()).toEqual(due.toSorted());
      expect(rest.last).toEqual({ kind: "done" });
    }),
    chance(300),
  );
});

test("who works on a chain that does not answer is moved last, and waited for by nobody else", () => {
  const far = { ...relayer(6, "change", true), chains: ["chain5", "chain6"] };
  const near = { ...relayer(7, "change", true), group: "near", chains: ["chain5"] };
  const next = (...agents: RollingAgent[]) =>
    nextMove({ agents, quorums: [], unreached: ["chain6"], flagged: [] });
  expect(next(far, near)).toEqual({ kind: "move", agent: near });
  expect(next({ ...far, work: null, isUp: false }, near)).toEqual({ kind: "move", agent: near });
  expect(next(far, { ...near, work: null })).toEqual({ kind: "move", agent: far });
});

test("a set that may be short only because a chain does not answer blocks nothing", () => {
  const agents = [
    validator(0, "change", true),
    { ...validator(1, null, true), group: "chain6", isUp: null },
  ];
  const quorums = [{ name: "any origin", validators: [0, 1].map(address), threshold: 1 }];
  const seen = { agents, quorums, unreached: ["chain6"], flagged: [] };
  expect(nextMove(seen)).toEqual({ kind: "left", agents });
  const sure = [{ name: "any origin", validators: [0, 1].map(address), threshold: 2 }];
  expect(nextMove({ ...seen, quorums: sure })).toMatchObject({
    kind: "blocked",
    because: "any origin would have 0 signers of 2.",
  });
});

test("what is foreseen is what happens when all goes well", () => {
  fc.assert(
    fc.property(view, (seen) => {
      const { moves, end } = foresee(seen);
      const due = seen.agents.filter((one) => one.work !== null);

      expect(["done", "blocked"]).toContain(end.kind);
      expect(new Set(moves).size).toBe(moves.length);
      if (end.kind === "done") expect(moves).toHaveLength(due.length);
      else expect(moves.length).toBeLessThan(due.length);
    }),
    chance(300),
  );
});

test("a set without one to spare blocks, by its name", () => {
  const agents = [0, 1, 2].map((at) => validator(at, "change", true));
  const quorums = [
    { name: "origin 5", validators: agents.map((one) => one.address), threshold: 3 },
  ];
  expect(nextMove({ agents, quorums, unreached: [], flagged: [] })).toEqual({
    kind: "blocked",
    agent: agents[0],
    because: "origin 5 would have 2 signers of 3.",
  });
});

test("a validator that is down is moved before those that sign", () => {
  const agents = [
    validator(0, "change", true),
    validator(1, "change", true),
    validator(2, "change", false),
  ];
  const quorums = [{ name: "origin 5", validators: [0, 1, 2].map(address), threshold: 2 }];
  expect(nextMove({ agents, quorums, unreached: [], flagged: [] })).toEqual({
    kind: "move",
    agent: agents[2],
  });
});

test("a reorganisation that a validator has flagged stops everything", () => {
  const agents = [validator(0, "change", false), relayer(6, "install", false)];
  const flagged: Address[] = [address(3)];
  expect(nextMove({ agents, quorums: [], unreached: [], flagged })).toEqual({
    kind: "stop",
    flagged,
  });
});

test("a validator retires when no set counts on it any more", () => {
  const agents = [validator(0, "retire", false)];
  const quorums = [{ name: "origin 5", validators: [address(0)], threshold: 1 }];
  expect(nextMove({ agents, quorums, unreached: [], flagged: [] })).toMatchObject({
    kind: "blocked",
  });
  expect(nextMove({ agents, quorums: [], unreached: [], flagged: [] })).toMatchObject({
    kind: "move",
  });
});

test("a relayer is moved while another serves its routes, one that stands by or is alone always", () => {
  const next = (...agents: RollingAgent[]) =>
    nextMove({ agents, quorums: [], unreached: [], flagged: [] });
  const changed = relayer(6, "change", true);
  expect(next(changed, relayer(7, null, true))).toMatchObject({ kind: "move" });
  expect(next(changed, relayer(7, null, false))).toMatchObject({ kind: "wait" });
  expect(next(changed, relayer(7, null, null))).toEqual({ kind: "move", agent: changed });
  expect(next(changed)).toEqual({ kind: "move", agent: changed });
  const standby = relayer(7, "change", null);
  expect(next(relayer(6, null, true), standby)).toEqual({ kind: "move", agent: standby });
});

test("the last of those that serve waits for one that is moved before it", () => {
  const down = relayer(6, "change", false);
  expect(
    nextMove({
      agents: [relayer(7, "change", true), down],
      quorums: [],
      unreached: [],
      flagged: [],
    }),
  ).toEqual({ kind: "move", agent: down });
});

test("one that is to stand by serves until the one that is woken for it does", () => {
  const sleeping = { ...relayer(6, "change", true), willStandBy: true };
  const woken = { ...relayer(7, "change", null), willStandBy: false };
  const seen = { agents: [sleeping, woken], quorums: [], unreached: [], flagged: [] };
  expect(nextMove(seen)).toEqual({ kind: "move", agent: woken });
  expect(foresee(seen)).toEqual({ moves: [woken, sleeping], end: { kind: "done" } });
});
