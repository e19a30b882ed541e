import type { Digest } from "@playbook/state";
import { z } from "zod";

const digest = z.string().transform((text) => text as Digest);

const record = z.object({
  id: z.string(),
  manifest: digest,
  /** Time of its commit in seconds: what makes a release older than another. */
  order: z.number(),
  commit: z.string().nullable(),
  /** `done` is one that was live at some time. */
  status: z.enum(["open", "done", "failed"]),
  /** When it was begun, and when it ceased to be live; milliseconds. */
  begun: z.number(),
  until: z.number().nullable(),
  /** What was live before it. */
  previous: z.string().nullable(),
  /** Whether the site was seen to show it. */
  seen: z.boolean(),
});

/** A release as the log knows it. */
export type Release = z.output<typeof record>;

const turn = z.object({
  from: z.string(),
  to: z.string(),
  why: z.string(),
  /** True where the release that is left was not served as it should be. */
  failed: z.boolean(),
  /** The run that asks for it; null for a terminal. */
  by: z.string().nullable(),
});

/** A change from one release back to another. */
export type Turn = z.output<typeof turn>;

/** All that is to be known of a site to go on: each entry of its log holds it whole. */
export const site = z.object({
  live: z.string().nullable(),
  /** In the order in which they were begun; those that were collected are gone. */
  releases: z.array(record),
  /** A change from one release back to another that was begun. */
  turning: turn.nullable(),
  /** The last such change that was made, until another release is live. */
  turned: turn.nullable(),
  /** Releases whose files are being deleted, and since when. */
  collecting: z.object({ releases: z.array(record), at: z.number() }).nullable(),
});

export type Site = z.output<typeof site>;

export const NOTHING: Site = {
  ...{ live: null, releases: [], turning: null, turned: null, collecting: null },
};

const at = z.number();

/** What happens to a site. */
export const event = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("begun"),
    release: z.string(),
    manifest: digest,
    order: z.number(),
    commit: z.string().nullable(),
    at,
  }),
  z.object({ kind: z.literal("live"), release: z.string(), previous: z.string().nullable(), at }),
  z.object({ kind: z.literal("seen"), release: z.string(), at }),
  z.object({ kind: z.literal("turning"), ...turn.shape, at }),
  z.object({ kind: z.literal("rolled-back"), ...turn.shape, at }),
  z.object({ kind: z.literal("collecting"), releases: z.array(z.string()), at }),
  z.object({ kind: z.literal("collected"), releases: z.array(z.string()), files: z.number(), at }),
]);

export type Event = z.output<typeof event>;

/** The site after an event. */
export function after(before: Site, happened: Event): Site {
  switch (happened.kind) {
    case "begun":
      return begun(before, happened);
    case "live":
      return live(before, happened);
    case "seen":
      return changed(before, happened.release, { seen: true });
    case "turning":
      return { ...before, turning: turnIn(happened) };
    case "rolled-back": {
      const { from, to, failed, at } = happened;
      const moved = { ...before, live: to, turning: null, turned: turnIn(happened) };
      const left = { until: at, ...(failed && { status: "failed" as const }) };
      return changed(changed(moved, from, left), to, { until: null });
    }
    case "collecting": {
      const isGone = ({ id }: Release) => happened.releases.includes(id);
      const { releases, collecting, ...others } = before;
      // Another run may go on with what was begun, from now on.
      const gone = [...(collecting?.releases ?? []), ...releases.filter(isGone)];
      return {
        ...others,
        releases: releases.filter((one) => !isGone(one)),
        collecting: { releases: gone, at: happened.at },
      };
    }
    case "collected":
      return { ...before, collecting: null };
  }
}

type Of<Kind extends Event["kind"]> = Extract<Event, { kind: Kind }>;

/** One that failed, or was overtaken, begins anew. */
function begun(before: Site, { release: id, manifest, order, commit, at }: Of<"begun">): Site {
  const opened: Release = {
    ...{ id, manifest, order, commit, begun: at },
    ...{ status: "open", until: null, previous: null, seen: false },
  };
  const others = before.releases.filter((one) => one.id !== id);
  return { ...before, releases: [...others, opened] };
}

/**
 * What was under way for an older commit will not be live any more: whoever goes on with it finds
 * that the store has changed since it looked.
 */
function live(before: Site, { release, previous, at }: Of<"live">): Site {
  const own = before.releases.find(({ id }) => id === release);
  const releases = before.releases.map((one): Release => {
    if (one.id === release) return { ...one, status: "done", until: null, previous };
    if (one.id === before.live || one.id === previous) return { ...one, until: at };
    const isOvertaken = one.status === "open" && own !== undefined && one.order <= own.order;
    return isOvertaken ? { ...one, status: "failed" } : one;
  });
  return { ...before, live: release, releases, turning: null, turned: null };
}

function changed(before: Site, id: string, change: Partial<Release>): Site {
  const releases = before.releases.map((one) => (one.id === id ? { ...one, ...change } : one));
  return { ...before, releases };
}

function turnIn({ from, to, why, failed, by }: Turn): Turn {
  return { from, to, why, failed, by };
}

export function releaseOf({ releases }: Site, id: string | undefined | null): Release | undefined {
  return releases.find((one) => one.id === id);
}
