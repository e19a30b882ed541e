import { canonical, type Digest, digestOf } from "@playbook/state";
import { z } from "zod";
import type { Routes } from "./routes.ts";

const digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/)
  .transform((text) => text as Digest);

const file = z.object({
  /** Below the site, without a slash before it, as it is in the build. */
  path: z.string(),
  /** Where it lies in the bucket: at its path where releases share it. */
  key: z.string(),
  digest,
  size: z.number(),
  type: z.string(),
  cache: z.string(),
});

const routes: z.ZodType<Routes> = z.object({
  shared: z.array(z.string()),
  code: z.literal(true).optional(),
  own: z.array(z.string()),
  routing: z.enum(["single-page", "files", "folders"]),
  others: z.array(z.string()).optional(),
  endings: z.array(z.string()).optional(),
  isolated: z.literal(true).optional(),
});

const manifest = z.object({
  version: z.literal(1),
  release: z.string(),
  commit: z.string().nullable(),
  /** Path of the configuration that the pages name. */
  config: z.string().nullable(),
  /** Where the contracts' manifest lies in S3 that the configuration was made of. */
  deployments: z.string().optional(),
  /** What its pages say that they may connect to, as `connect-src` has it. */
  connect: z.string().optional(),
  routes,
  files: z.array(file),
});

export type ReleaseFile = z.output<typeof file>;

/** A release, file by file: two of the same files and settings have the same digest. */
export type Manifest = z.output<typeof manifest>;

export function manifestText(made: Manifest): string {
  const files = made.files.toSorted((one, other) => (one.path < other.path ? -1 : 1));
  return canonical({ ...made, files });
}

export function manifestDigest(made: Manifest): Digest {
  return digestOf(manifestText(made));
}

/** Reads what `manifestText` wrote; throws on what it has not. */
export function readManifest(text: string): Manifest {
  return manifest.parse(JSON.parse(text));
}

export function isPage({ type }: Pick<ReleaseFile, "type">): boolean {
  return type.startsWith("text/html");
}
