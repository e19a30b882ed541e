import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { nextMove, type RollingAgent, type RolloutView } from "../src/index.ts";
import { address, gone, put, reached, relayer, validator, view } from "./rolling.ts";

/**
 * How things are, and the chain that each set is on: no more of it is seen than what chains say.
 */
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

/**
 * Three validators sign for each of two chains, and one of the relayers works on the second alone.
 */
function spread({ agents, ...seen }: RolloutView, retiring: number[]): RolloutView {
  const placed = agents.map((one, at): RollingAgent => {
    if (one.kind === "relayer") return { ...one, group: `r${at}`, chains: CHAINS.slice(7 - at) };
    const work = one.work !== "install" && retiring.includes(at) ? "retire" : one.work;
    return { ...one, work, group: at < 3 ? "chain5" : "chain6" };
  });
  return { ...seen, agents: placed };
}

const isAway = ({ unreached }: RolloutView, chain: string | undefined) =>
  unreached.includes(chain ?? "");

/** What can be seen: nothing that a chain alone could say which does not answer. */
function visible({ on, ...all }: Truth): RolloutView {
  const agents = all.agents.map((one) =>
    one.kind === "validator" && isAway(all, one.group) ? { ...one, isUp: null } : one,
  );
  return { ...all, agents, quorums: all.quorums.filter((_, at) => !isAway(all, on[at])) };
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
      const mayMove = ({ kind, group, isUp, work, chains = [] }: RollingAgent) => {
        if (work === null) return false;
        const isDown = work === "change" && isUp === false;
        if (kind === "relayer") return isDown || !chains.some((one) => isAway(start, one));
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

test("a module that is not known keeps from retiring whom it may count on, and changes nothing else", () => {
  fc.assert(
    fc.property(truth, fc.constantFrom("chain5", null), (start, origin) => {
      const unknown = [{ chain: "chain7", address: address(9), origin }];
      const plain = rolledBlind({ ...start, unreached: [] });
      const { moved } = rolledBlind({ ...start, unreached: [], unknown });
      const stays = ({ kind, group, work }: RollingAgent) =>
        kind === "validator" && work === "retire" && (origin === null || group === origin);
      const staying = start.agents.filter(stays).map(({ name }) => name);
      const rest = plain.moved.filter((name) => !staying.includes(name));
      expect(moved.toSorted()).toEqual(rest.toSorted());
    }),
    chance(300),
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

describe("who works on a chain that does not answer", () => {
  const far = { ...relayer(6, "change", true), chains: ["chain5", "chain6"] };
  const near = { ...relayer(7, "change", true), group: "near", chains: ["chain5"] };
  const next = (...agents: RollingAgent[]) =>
    nextMove({ agents, quorums: [], unreached: ["chain6"], unknown: [], flagged: [] });

  test("is moved last, and waited for by nobody else", () => {
    const down = { ...far, isUp: false };
    expect(next(down, near)).toEqual({ kind: "move", agent: near });
    expect(next({ ...down, work: null }, near)).toEqual({ kind: "move", agent: near });
    expect(next(down, { ...near, work: null })).toEqual({ kind: "move", agent: down });
  });

  test.each<[string, Partial<RollingAgent>]>([
    ["serves, and would go on without that chain", {}],
    ["is new", { work: "install", isUp: false }],
    ["has stood by", { isUp: null, willStandBy: false }],
    ["serves without another one", { isUp: false, lacksChain: true }],
    ["serves without that one already", { work: null, isUp: false, lacksChain: true }],
  ])("is left as it is when it %s", (_, over) => {
    const one = { ...far, ...over };
    expect(next(one, { ...near, work: null })).toEqual({ kind: "left", agents: [one] });
  });

  test("is waited for when it answers again, and moved like one that is down", () => {
    const all = (one: RollingAgent) =>
      nextMove({ agents: [one], quorums: [], unreached: [], unknown: [], flagged: [] });
    const lacking = { ...far, isUp: false, lacksChain: true };
    expect(all({ ...lacking, work: null }).kind).toBe("wait");
    expect(all(lacking)).toEqual({ kind: "move", agent: lacking });
  });

  test("may be all that another one waits for that retires", () => {
    const old: RollingAgent = { ...far, name: "old", work: "retire", chains: [] };
    const fresh: RollingAgent = { ...far, work: "install", isUp: false };
    expect(next(fresh, old)).toEqual({ kind: "left", agents: [fresh, old] });
  });

  test("may be sent to stand by, and retire", () => {
    for (const over of [{ willStandBy: true }, { work: "retire", chains: [] }] as const) {
      const one: RollingAgent = { ...far, ...over };
      expect(next(one)).toEqual({ kind: "move", agent: one });
    }
  });
});

test("a set that may be short only because a chain does not answer blocks nothing", () => {
  const agents = [
    validator(0, "change", true),
    { ...validator(1, null, true), group: "chain6", isUp: null },
  ];
  const quorums = [{ name: "any origin", validators: [0, 1].map(address), threshold: 1 }];
  const seen = { agents, quorums, unreached: ["chain6"], unknown: [], flagged: [] };
  expect(nextMove(seen)).toEqual({ kind: "left", agents });
  const sure = [{ name: "any origin", validators: [0, 1].map(address), threshold: 2 }];
  expect(nextMove({ ...seen, quorums: sure })).toMatchObject({
    kind: "blocked",
    because: "any origin would have 0 signers of 2.",
  });
});
