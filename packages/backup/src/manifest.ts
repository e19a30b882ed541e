import { createHash } from "node:crypto";
import { ActionError } from "@playbook/action";
import { canonical } from "@playbook/state";
import { z } from "zod";

const FORMAT = "axon-backup";
const VERSION = 2;

const hash = z.string().regex(/^0x[0-9a-f]{64}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.number().int().nonnegative();
const height = z.number().int().nonnegative();
const time = z.iso.datetime();

/** A piece of the archive, an object of its own. */
const part = z.strictObject({
  key: z.string().regex(/^parts\/\d{5,}-[0-9a-f]{64}$/),
  size: bytes.positive(),
  sha256,
});

export type Part = z.output<typeof part>;

/** A block, by what two chains cannot both have. */
const block = z.strictObject({ height, hash, stateRoot: hash, timestamp: bytes });

export type Block = z.output<typeof block>;

/** What is known of a backup before its node is stopped. */
const beginning = z.strictObject({
  id: z.string(),
  begunAt: time,
  /** Which run made it. */
  run: z.string(),
  chain: z.strictObject({ id: z.string(), genesisHash: hash, spec: z.string() }),
  /** What a restored chain goes on from, or from a later one: the data have its own proof. */
  block,
  /** Backups before it whose blocks this chain has, the newest first. */
  ancestors: z.array(z.string()),
  source: z.strictObject({
    cluster: z.string(),
    namespace: z.string(),
    release: z.string(),
    pod: z.string(),
    /** Whether it has no vote. Axon stores its newest block without that block's own proof. */
    follows: z.boolean(),
    image: z.string(),
    /** As the release labels its objects, `axon-1.2.0`. */
    chart: z.string(),
    revision: z.number().int().nonnegative(),
  }),
});

export type Beginning = z.output<typeof beginning>;

/** What the pod that packed the volume says of it. */
const contents = z.strictObject({
  format: z.literal("axon-backup-contents"),
  version: z.literal(1),
  bytes,
  unpacked: bytes,
  parts: z.array(part).min(1),
});

export type Contents = z.output<typeof contents>;

const manifest = beginning.extend({
  format: z.literal(FORMAT),
  version: z.literal([1, VERSION]),
  finishedAt: time,
  /** How long the node was down, in milliseconds. */
  downMs: bytes,
  snapshot: z.strictObject({ name: z.string(), handle: z.string() }).nullable(),
  bytes,
  unpacked: bytes,
  parts: z.array(part).min(1),
  /** Over all that a manifest says beside it; of version 1, over its parts alone. */
  digest: sha256,
});

/** A backup that is finished: it is written last of all, once. */
export type Manifest = z.output<typeof manifest>;

export function manifestOf(
  begun: Beginning,
  { bytes: size, unpacked, parts }: Contents,
  rest: Pick<Manifest, "finishedAt" | "downMs" | "snapshot">,
): Manifest {
  const packed = { bytes: size, unpacked, parts };
  return sealed({ format: FORMAT, version: VERSION, ...begun, ...rest, ...packed });
}

type Unsealed = Omit<Manifest, "digest"> & { digest?: string };

/** With the digest of what it says now, whatever it had before. */
export function sealed(manifest: Unsealed): Manifest {
  return { ...manifest, digest: digestOf(manifest) };
}

function digestOf({ digest: _, ...said }: Unsealed): string {
  const text = said.version === 1 ? partsText(said.parts) : canonical(said);
  return createHash("sha256").update(text).digest("hex");
}

/** What a manifest of version 1 has its digest over: keys, sizes and digests of all parts. */
function partsText(parts: readonly Part[]): string {
  return parts.map(({ key, size, sha256: sum }) => `${key} ${size} ${sum}\n`).join("");
}

export function written(value: Beginning | Manifest): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}

/** Throws `bad-backup-file`, and `backup-too-new` for a later release's format. */
export function readManifest(text: Uint8Array, name: string): Manifest {
  const value = jsonOf(text, name);
  const version = (value as { version?: unknown }).version;
  if (typeof version === "number" && version > VERSION) throw tooNew(name, version);
  const read = shaped(value, manifest, name);
  const flaw = flawOf(read);
  if (flaw) throw bad(name, flaw);
  return read;
}

/** Throws `bad-backup-file`. */
export function readBeginning(text: Uint8Array, name: string): Beginning {
  return shaped(jsonOf(text, name), beginning, name);
}

/** Throws `bad-backup-file`. */
export function readContents(text: Uint8Array, name: string): Contents {
  const read = shaped(jsonOf(text, name), contents, name);
  const flaw = flawOfParts(read);
  if (flaw) throw bad(name, flaw);
  return read;
}

/** What a manifest says against itself; null when it is of one piece. */
function flawOf(read: Manifest): string | null {
  if (read.digest !== digestOf(read)) return "Its digest is not that of what it says.";
  return flawOfParts(read);
}

function flawOfParts({ parts, bytes: size }: Pick<Contents, "parts" | "bytes">): string | null {
  const misplaced = parts.find(
    ({ key, sha256: sum }, at) => key !== `parts/${String(at).padStart(5, "0")}-${sum}`,
  );
  if (misplaced) return `${misplaced.key} is not where it has to be.`;
  const sum = parts.reduce((total, each) => total + each.size, 0);
  return sum === size ? null : `Its parts have ${sum} bytes together, and it says ${size}.`;
}

function jsonOf(text: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(Buffer.from(text).toString());
  } catch {
    throw bad(name, "It is no JSON.");
  }
}

function shaped<Shape extends z.ZodType>(value: unknown, shape: Shape, name: string) {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  throw bad(name, z.prettifyError(result.error).replaceAll("\n", " "));
}

function bad(name: string, why: string): ActionError {
  return new ActionError("bad-backup-file", {
    what: `${name} is no file of a backup.`,
    why,
    next: "Restore another backup, or that object's first version.",
  });
}

function tooNew(name: string, version: number): ActionError {
  return new ActionError("backup-too-new", {
    what: `${name} was written by a later release of this library.`,
    why: `It has version ${version}; this release knows versions up to ${VERSION}.`,
    next: "Use that release, or a later one.",
  });
}
