import { baseOf } from "./base.ts";
import { type Backup, isWhole, newestWhole, type Whole } from "./catalogue.ts";
import { livingLine } from "./line.ts";

/** How many whole backups are kept: the latest ones, and the last of each day, week and month. */
export type Policy = { latest: number; days: number; weeks: number; months: number };

/** How long S3 itself refuses to let go of a backup, in milliseconds since the epoch. */
export type Lock = { until: number | null; legalHold: boolean };

export type Fate = { id: string; keys: string[]; does: "keep" | "delete"; why: string };

const DAY_MS = 86_400_000;

/** What a run that died leaves may still be gone on with for so long. */
const UNFINISHED_MS = 2 * DAY_MS;

/**
 * What becomes of each backup. The newest whole one is always kept, with the one that its
 * validators begin with; a locked one too, and a damaged one until a person has looked at it. The
 * rules' places are the living chain's first: another that is backed up beside it takes none away.
 */
export function fatesOf(
  catalogue: readonly Backup[],
  policy: Policy,
  locks: ReadonlyMap<string, Lock>,
  now: number,
): Fate[] {
  const wanted = wantedBy(catalogue, policy);
  const living = livingLine(catalogue);
  return catalogue.map((backup) => {
    const { id, keys } = backup;
    const reason = reasonToKeep(backup, wanted, locks.get(id), now);
    const why = reason ?? reasonToDelete(backup, living.has(id));
    return {
      id,
      keys: inOrder(backup),
      does: reason === null && keys.length > 0 ? "delete" : "keep",
      why,
    };
  });
}

/** Whether it is still worth it to go on with a backup that a run has left: its data is of then. */
export function canBeFinished({ state, begunAt }: Backup, now: number): boolean {
  return state === "unfinished" && now - begunAt < UNFINISHED_MS;
}

function reasonToKeep(
  backup: Backup,
  wanted: ReadonlyMap<string, string>,
  lock: Lock | undefined,
  now: number,
): string | null {
  if (backup.state === "damaged") return `It is damaged: ${backup.why}`;
  if (canBeFinished(backup, now)) return "It may still be gone on with.";
  const rule = wanted.get(backup.id);
  if (rule) return rule;
  if (!lock) return "Nobody has looked whether it is locked.";
  if (lock.legalHold) return "It is under a legal hold.";
  if (lock.until !== null && lock.until > now) {
    return `It is locked until ${new Date(lock.until).toISOString()}.`;
  }
  return null;
}

function reasonToDelete(backup: Backup, lives: boolean): string {
  if (!isWhole(backup)) return "It was never finished.";
  if (lives) return "No rule keeps it.";
  return "No rule keeps it: those come first whose chain the newest goes on from.";
}

/** Whether a backup's lock has to be looked up to tell its fate. */
export function isInQuestion(
  backup: Backup,
  catalogue: readonly Backup[],
  policy: Policy,
): boolean {
  return backup.state !== "damaged" && !wantedBy(catalogue, policy).has(backup.id);
}

/** Which whole backups a rule keeps, and which rule. */
function wantedBy(catalogue: readonly Backup[], policy: Policy): Map<string, string> {
  const whole = inRank(catalogue);
  const wanted = new Map<string, string>();
  const keep = (id: string | undefined, why: string) => {
    if (id !== undefined && !wanted.has(id)) wanted.set(id, why);
  };
  const newest = newestWhole(catalogue);
  keep(newest?.id, "It is the newest whole one.");
  const base = newest && baseOf(catalogue, newest.manifest);
  keep(base?.id, "Validators begin with it when the newest is restored.");
  for (const { id } of whole.slice(0, policy.latest)) keep(id, "It is among the latest.");
  for (const [unit, count, periodOf] of PERIODS(policy)) {
    const lastOf = new Map<number, string>();
    for (const { id, begunAt } of whole) {
      const period = periodOf(begunAt);
      if (!lastOf.has(period)) lastOf.set(period, id);
    }
    for (const id of [...lastOf.values()].slice(0, count))
      keep(id, `It is the last of its ${unit}.`);
  }
  return wanted;
}

/** The living chain's, then all others; the newest of each first. */
function inRank(catalogue: readonly Backup[]): Whole[] {
  const living = livingLine(catalogue);
  const whole = catalogue.filter(isWhole).toReversed();
  const isLiving = ({ id }: Whole) => living.has(id);
  return [...whole.filter(isLiving), ...whole.filter((each) => !isLiving(each))];
}

type Period = [unit: string, count: number, of: (at: number) => number];

const PERIODS = ({ days, weeks, months }: Policy): Period[] => [
  ["day", days, (at) => Math.floor(at / DAY_MS)],
  // The epoch began on a Thursday.
  ["week", weeks, (at) => Math.floor((at / DAY_MS + 3) / 7)],
  ["month", months, (at) => 12 * new Date(at).getUTCFullYear() + new Date(at).getUTCMonth()],
];

/** The manifest goes first: what is deleted half is no backup any more. */
function inOrder({ id, keys }: Backup): string[] {
  const first = `${id}/manifest.json`;
  return [...keys.filter((key) => key === first), ...keys.filter((key) => key !== first)];
}
