/** One thing that a process does to the world, as the recorder below it writes it down. */
export type Effect = {
  kind: "rpc" | "kms" | "s3" | "sts" | "oidc" | "disk" | "unknown" | "socket" | "spawn";
  /** What it is, without what differs from run to run: the same effect has the same name. */
  name: string;
  /** Which one of this name in its run, from 1 on. */
  nth: number;
  /** Where to: a host's name, or a file. */
  where: string;
  /** Calls in it: a batch of JSON-RPC has several. */
  size: number;
  /** Of a batch: after how many of its calls something has changed, and calls are left. */
  cuts?: number[];
};

/** Before it leaves; when it is in effect and the reply is lost; right after its reply. */
const MOMENTS = ["before", "unanswered", "after"] as const;

/** Where a process dies by its own hand; within a batch, of which only so many calls arrive. */
export type Death = Pick<Effect, "name" | "nth"> &
  ({ when: (typeof MOMENTS)[number] } | { when: "within"; calls: number });

/** What a process is told that is watched. */
export type Watch = {
  /** The file for its effects. */
  log: string;
  /** Names of hosts, by `host:port`. */
  hosts: Record<string, string>;
  /** What is this run's own: left out of names. */
  own: string[];
  death?: Death | undefined;
};

/** The variable that carries it, as JSON. */
export const WATCH = "PLAYBOOK_WATCH";

/** What the world saw of a run by its own means. */
export type Seen = {
  /** How many calls came to each host, by its name. */
  calls: Record<string, number>;
  /** What lies on the disk that was not there before. */
  files: string[];
};

/** What a run did that had no boundary at which it could have been killed; empty when nothing. */
export function gapsIn(effects: Effect[], { calls, files }: Seen): string[] {
  const loose = effects
    .filter(({ kind }) => kind === "unknown" || kind === "spawn")
    .map(({ kind, name }) => `${kind} ${name}`);
  const strangers = effects
    .filter(({ kind, where }) => kind === "socket" && !(where in calls))
    .map(({ where }) => `a connection to ${where}`);
  const uncounted = Object.entries(calls).flatMap(([host, count]) => {
    const own = effects.filter(({ kind, where }) => isCall(kind) && where === host);
    const known = own.reduce((sum, { size }) => sum + size, 0);
    return known === count ? [] : [`${host} got ${count} calls, of which ${known} had a boundary`];
  });
  const written = new Set(effects.filter(({ kind }) => kind === "disk").map(({ where }) => where));
  const unwritten = files.filter((path) => !written.has(path)).map((path) => `the file ${path}`);
  return [...loose, ...strangers, ...uncounted, ...unwritten];
}

function isCall(kind: Effect["kind"]): boolean {
  return ["rpc", "kms", "s3", "sts", "oidc"].includes(kind);
}

/** Every moment of every effect that can be killed at. */
export function pointsOf(effects: Effect[]): Death[] {
  return effects
    .filter(({ kind }) => isCall(kind) || kind === "disk")
    .flatMap(({ name, nth, cuts = [] }) => [
      ...MOMENTS.map((when) => ({ name, nth, when })),
      ...cuts.map((calls) => ({ name, nth, when: "within" as const, calls })),
    ]);
}
