import { type AgentRelease, nextMove } from "@playbook/hyperlane";
import type { Entry, InstalledRelease } from "../src/entry.ts";
import { type AgentSight, absenceOf, leftIn, viewOf } from "../src/sight.ts";
import { RELEASES } from "./chart/values.ts";

const [validator, relayer] = [RELEASES[0], RELEASES[24]] as [AgentRelease, AgentRelease];

function seen(wanted: AgentRelease, over: Partial<Entry> = {}): AgentSight {
  const { name, kind, group, address } = wanted;
  const installed: InstalledRelease = { ...wanted, revision: 1, status: "deployed" };
  const entry: Entry = { name, kind, group, address, work: null, wanted, installed, ...over };
  const pod = { isReady: true, trouble: null, lacksChain: false };
  return { entry, ...pod, bucket: null, signing: null, isUnseen: false };
}

const signing = {
  ...{ isReady: true, isAnnounced: true, latest: 6, before: 6, count: 7 },
  newest: { isThere: true as const, flaw: null },
};
const behind = { ...signing, latest: 4, newest: { isThere: false as const } };
const nothing = { quorums: [], strangers: [], flagged: [], unknown: [], unreached: [] };
const bucket = { access: "open" as const, latest: 6, isFlagged: false };

test("a validator is there when it signs, a relayer when its pod is ready", () => {
  const one = { ...seen(validator), bucket, signing };
  expect(absenceOf(one)).toBeUndefined();
  expect(absenceOf({ ...one, signing: behind })).toContain("5 of 7");
  expect(absenceOf({ ...one, entry: { ...one.entry, installed: null } })).toBe("It is not there.");

  expect(absenceOf(seen(relayer))).toBeUndefined();
  const trouble = "agent is in CrashLoopBackOff.";
  expect(absenceOf({ ...seen(relayer), isReady: false, trouble })).toBe(trouble);
});

test("a relayer that goes on without a chain is missed, and left while that does not answer", () => {
  const one = { ...seen(relayer), isReady: false, lacksChain: true };
  expect(absenceOf(one)).toContain("the chain that it goes on without");
  const sight = { ...nothing, agents: [one] };
  expect(nextMove(viewOf(sight)).kind).toBe("wait");
  const unreached = relayer.needs.chains.slice(0, 1).map((chain) => ({ chain, why: "" }));
  expect(leftIn({ ...sight, unreached })).toEqual([relayer.name]);
});

test("one that stands by is neither up nor missed", () => {
  const installed = { ...relayer, isStandby: true, revision: 1, status: "deployed" };
  const one = { ...seen(relayer, { installed }), isReady: false };
  expect(absenceOf(one)).toBeUndefined();
  const { agents } = viewOf({ ...nothing, agents: [one] });
  expect(agents).toMatchObject([{ isUp: null, willStandBy: false }]);
});

test("others' validators that sign are counted and never moved, and a flag is the view's", () => {
  const flagged = { ...seen(validator), bucket: { ...bucket, isFlagged: true }, signing };
  const view = viewOf({ ...nothing, agents: [flagged], strangers: [relayer.address] });
  expect(view.flagged).toEqual([validator.address]);
  expect(view.agents[1]).toMatchObject({ address: relayer.address, isUp: true, work: null });
});

test("a flag of one that is listed no more stops nobody", () => {
  const retiring = seen(validator, { work: "retire", wanted: null });
  const agents = [{ ...retiring, bucket: { ...bucket, isFlagged: true }, signing }];
  expect(viewOf({ ...nothing, agents }).flagged).toEqual([]);
});

test("a flag of somebody else's validator whom an ISM counts on stops as one of the list does", () => {
  const view = viewOf({ ...nothing, agents: [seen(validator)], flagged: [relayer.address] });
  expect(nextMove(view)).toEqual({ kind: "stop", flagged: [relayer.address] });
});

test("of a chain that does not answer it is not known who signs, and its agents are left", () => {
  const one = { ...seen(validator, { work: "change" }), isUnseen: true };
  expect(absenceOf(one)).toBe(`${validator.group} does not answer.`);
  const unreached = [{ chain: validator.group, why: "" }];
  const sight = { ...nothing, agents: [one, seen(relayer)], unreached };
  const { agents } = viewOf(sight);
  expect(agents).toMatchObject([{ isUp: null }, { isUp: true, chains: relayer.needs.chains }]);
  expect(leftIn(sight)).toEqual([validator.name]);
  expect(leftIn({ ...sight, unreached: [] })).toEqual([]);
});
