import { type AgentRelease, agentChanges, type Installed } from "@playbook/hyperlane";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import {
  changesOf,
  entriesOf,
  type InstalledRelease,
  isApproved,
  planDigest,
} from "../src/entry.ts";
import { RELEASES } from "./chart/values.ts";

const wanted: AgentRelease[] = RELEASES.slice(0, 3);

const there = (one: Installed): InstalledRelease => ({ ...one, revision: 1, status: "deployed" });

const entries = (installed: InstalledRelease[], all = wanted) =>
  entriesOf(agentChanges(all, installed), installed);

test("the digest is that of what shall be there, whatever of it is there already", () => {
  const digest = planDigest(entries([]), null);
  expect(planDigest(entries(wanted.map(there)), null)).toBe(digest);

  const [first, ...others] = wanted as [AgentRelease, ...AgentRelease[]];
  const other = entries([], [{ ...first, digest: "other" }, ...others]);
  expect(planDigest(other, null)).not.toBe(digest);
  expect(planDigest(entries([], others), null)).not.toBe(digest);
});

test("whoever approves a plan approves who retires, and those alone; some may be gone since", () => {
  const others = RELEASES.slice(3);
  const some = fc.subarray(others);
  const digestWith = (all: AgentRelease[]) => planDigest(entries(all.map(there)), null);
  fc.assert(
    fc.property(some, some, fc.subarray(wanted), (planned, later, installed) => {
      const approved = digestWith([...planned, ...installed]);
      const isLeft = later.every((one) => planned.includes(one));
      expect(isApproved(digestWith(later), approved)).toBe(isLeft);
      expect(isApproved(digestWith([...later, ...wanted]), approved)).toBe(isLeft);
    }),
    chance(),
  );
});

test("whoever approves a plan approves who pays agents, and how much", () => {
  const funding = { key: "alias/funder", region: "eu-central-1", targets: [], caps: [] };
  const digests = [
    null,
    funding,
    { ...funding, targets: [{ chain: "chain5", relayer: 1n }] },
    { ...funding, targets: [{ chain: "chain5", relayer: 2n }] },
    { ...funding, caps: [{ name: "chain5", wei: 1n }] },
  ].map((one) => planDigest(entries([]), one));
  expect(new Set(digests).size).toBe(digests.length);
});

test("what is to be done is told by kind, and those that retire come last", () => {
  const [first, second, third] = wanted as [AgentRelease, AgentRelease, AgentRelease];
  const gone = RELEASES[7] as AgentRelease;
  const installed = [there(gone), there(first), there({ ...second, digest: "before" })];

  const all = entries(installed);

  expect(changesOf(all)).toEqual({
    install: [third.name],
    change: [second.name],
    retire: [gone.name],
  });
  expect(all.at(-1)).toMatchObject({ name: gone.name, work: "retire", wanted: null });
});
