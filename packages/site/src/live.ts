import { ActionError } from "@playbook/action";
import { z } from "zod";
import type { Manifest } from "./manifest.ts";

/** Under this key the store says what is live. */
export const LIVE = "live";

/** A value of a KeyValueStore has no more bytes. */
const LIMIT = 1_024;

const value = z.object({
  version: z.literal(1),
  release: z.string(),
  shared: z.array(z.string()),
  code: z.literal(true).optional(),
  own: z.array(z.string()),
  routing: z.enum(["files", "folders"]).optional(),
  others: z.array(z.string()).optional(),
  endings: z.array(z.string()).optional(),
  isolated: z.literal(true).optional(),
});

export type Live = z.output<typeof value>;

/** What the edge is told of a release. Throws `routes-too-long`. */
export function liveText({ release, routes }: Pick<Manifest, "release" | "routes">): string {
  const { shared, code, own, routing, others, endings, isolated } = routes;
  const live: Live = {
    ...{ version: 1, release, shared, ...(code && { code }), own },
    ...(routing !== "single-page" && { routing }),
    ...(others && { others }),
    ...(endings && { endings }),
    ...(isolated && { isolated }),
  };
  const text = JSON.stringify(live);
  if (Buffer.byteLength(text) <= LIMIT) return text;
  throw new ActionError("routes-too-long", {
    what: "There is too much that the edge has to be told of by name.",
    why:
      `Files in \`per-release\` and files without an extension have ${Buffer.byteLength(text)} ` +
      `bytes with \`immutable\`; a KeyValueStore takes ${LIMIT}.`,
    next: "Name fewer files, and have the build make fewer that have no extension.",
  });
}

/** Reads what the store says under a key. Throws `live-unreadable`. */
export function readLive(text: string, key = LIVE): Live {
  try {
    return value.parse(JSON.parse(text));
  } catch (error) {
    throw new ActionError(
      "live-unreadable",
      {
        what: "The KeyValueStore does not say which release is live in words of this library.",
        why: `Under the key ${key} it says: ${text.slice(0, 200)}`,
        next: "Use a later release of the library, or a store of the site's own.",
      },
      { cause: error },
    );
  }
}
