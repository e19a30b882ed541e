import type { Address } from "@playbook/evm";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import {
  foresee,
  nextMove,
  type RollingAgent,
  type RolloutMove,
  type RolloutView,
} from "../src/index.ts";
import { address, gone, put, reached, relayer, validator, view } from "./rolling.ts";

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
  expect(nextMove({ agents, quorums, unreached: [], unknown: [], flagged: [] })).toEqual({
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
  expect(nextMove({ agents, quorums, unreached: [], unknown: [], flagged: [] })).toEqual({
    kind: "move",
    agent: agents[2],
  });
});

test("a reorganisation that a validator has flagged stops everything", () => {
  const agents = [validator(0, "change", false), relayer(6, "install", false)];
  const flagged: Address[] = [address(3)];
  expect(nextMove({ agents, quorums: [], unreached: [], unknown: [], flagged })).toEqual({
    kind: "stop",
    flagged,
  });
});

test("a validator retires when no set counts on it any more", () => {
  const agents = [validator(0, "retire", false)];
  const quorums = [{ name: "origin 5", validators: [address(0)], threshold: 1 }];
  expect(nextMove({ agents, quorums, unreached: [], unknown: [], flagged: [] })).toMatchObject({
    kind: "blocked",
  });
  expect(nextMove({ agents, quorums: [], unreached: [], unknown: [], flagged: [] })).toMatchObject({
    kind: "move",
  });
});

test("a module that is not known keeps its origin's validators from retiring, and nobody from a move", () => {
  const agents = [validator(0, "retire", true), validator(1, "change", true)];
  const seen = (origin: string | null) => ({
    ...{ agents, quorums: [], unreached: [], flagged: [] },
    unknown: [{ chain: "chain6", address: address(9), origin }],
  });
  for (const origin of ["chain5", null]) {
    expect(foresee(seen(origin))).toMatchObject({
      moves: [agents[1]],
      end: { kind: "left", agents: [agents[0]] },
    });
  }
  expect(foresee(seen("chain7")).end).toEqual({ kind: "done" });
});

test("a relayer is moved while another serves its routes, one that stands by or is alone always", () => {
  const next = (...agents: RollingAgent[]) =>
    nextMove({ agents, quorums: [], unreached: [], unknown: [], flagged: [] });
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
      unknown: [],
      flagged: [],
    }),
  ).toEqual({ kind: "move", agent: down });
});

test("one that is to stand by serves until the one that is woken for it does", () => {
  const sleeping = { ...relayer(6, "change", true), willStandBy: true };
  const woken = { ...relayer(7, "change", null), willStandBy: false };
  const seen = { agents: [sleeping, woken], quorums: [], unreached: [], unknown: [], flagged: [] };
  expect(nextMove(seen)).toEqual({ kind: "move", agent: woken });
  expect(foresee(seen)).toEqual({ moves: [woken, sleeping], end: { kind: "done" } });
});
