import type { Address } from "@playbook/evm";
import type { AgentChanges, AgentRelease, Installed } from "@playbook/hyperlane";
import { canonical, digestOf } from "@playbook/state";
import type { Funding } from "./funding/targets.ts";

/** A release in the cluster, and what Helm says of it. */
export type InstalledRelease = Installed & { revision: number; status: string };

/** One agent of a plan: what it is, and what is to be done with it. */
export type Entry = {
  name: string;
  kind: AgentRelease["kind"];
  group: string;
  address: Address;
  work: "install" | "change" | "retire" | null;
  /** What it shall be; null of one that retires. */
  wanted: AgentRelease | null;
  installed: InstalledRelease | null;
};

/** All agents in the order in which they are rolled: those that retire come last. */
export function entriesOf(changes: AgentChanges, installed: InstalledRelease[]): Entry[] {
  const there = new Map(installed.map((one) => [one.name, one]));
  const works = [
    ...changes.install.map((one) => [one, "install"] as const),
    ...changes.change.map((one) => [one, "change"] as const),
    ...changes.unchanged.map((one) => [one, null] as const),
  ];
  const wanted = works.map(
    ([one, work]): Entry => ({
      ...pick(one),
      work,
      wanted: one,
      installed: there.get(one.name) ?? null,
    }),
  );
  const retiring = changes.retire.map(
    (one): Entry => ({
      ...pick(one),
      work: "retire",
      wanted: null,
      installed: there.get(one.name) ?? null,
    }),
  );
  return [...wanted, ...retiring];
}

function pick({ name, kind, group, address }: Installed) {
  return { name, kind, group, address };
}

/**
 * What shall be there, whatever of it is there already, and by whom agents are paid up to how much:
 * a run that goes on has the same. After it the names of those that retire: a run that goes on has
 * fewer of them.
 */
export function planDigest(entries: readonly Entry[], funding: Funding | null): string {
  const wanted = entries.flatMap(({ name, wanted }) => (wanted ? [[name, wanted.digest]] : []));
  const agents = wanted.sort();
  const digest = digestOf(funding ? canonical({ agents, funding }) : JSON.stringify(agents));
  const retiring = entries.filter(({ work }) => work === "retire").map(({ name }) => name);
  return [digest, ...retiring.sort()].join("/");
}

/** Whether a plan is the one that was approved, or what is left of it; each by its digest. */
export function isApproved(planned: string, approved: string): boolean {
  const [digest, ...retiring] = planned.split("/");
  const [same, ...allowed] = approved.split("/");
  return digest === same && retiring.every((name) => allowed.includes(name));
}

/** What a plan changes, by what is done. */
export function changesOf(entries: readonly Entry[]): Record<string, string[]> {
  const named = (work: Entry["work"]) =>
    entries.filter((one) => one.work === work).map(({ name }) => name);
  return { install: named("install"), change: named("change"), retire: named("retire") };
}
