import { createHash } from "node:crypto";
import fc from "fast-check";
import {
  type Backup,
  type Beginning,
  catalogueOf,
  idFor,
  type Manifest,
  manifestOf,
  type Part,
  placeOf,
  type Stored,
  type Told,
} from "../src/index.ts";

const DAY = 86_400_000;
/** A Sunday. */
export const NOW = Date.parse("2026-11-29T12:00:00Z");

const hash = (text: string) => `0x${createHash("sha256").update(text).digest("hex")}`;

function partOf(at: number, text: string): Part {
  const sha256 = createHash("sha256").update(text).digest("hex");
  return { key: `parts/${String(at).padStart(5, "0")}-${sha256}`, size: text.length, sha256 };
}

export function beginningFor(begunAt: number, height: number): Beginning {
  return {
    id: idFor(begunAt, height),
    begunAt: new Date(begunAt).toISOString(),
    run: "a test",
    chain: { id: "2022", genesisHash: hash("genesis"), spec: "[genesis]\n" },
    block: {
      height,
      hash: hash(`${height}`),
      stateRoot: hash(`state ${height}`),
      timestamp: height,
    },
    ancestors: [],
    source: {
      ...{ cluster: "one", namespace: "axon", release: "axon", pod: "axon-sync-0", follows: true },
      ...{ image: "registry.example/axon:v0.3.1", chart: "axon-1.0.0", revision: 3 },
    },
  };
}

export function manifestFor(begunAt: number, height: number, texts = ["one", "three"]): Manifest {
  const parts = texts.map((text, at) => partOf(at, text));
  const bytes = texts.join("").length;
  return manifestOf(
    beginningFor(begunAt, height),
    { format: "axon-backup-contents", version: 1, bytes, unpacked: bytes, parts },
    {
      finishedAt: new Date(begunAt + 60_000).toISOString(),
      downMs: 5_000,
      snapshot: { name: "axon-backup", handle: "snap-1" },
    },
  );
}

/** What a backup's folder has when it is finished, in the order in which it is written. */
export function storedOf(manifest: Manifest): Stored[] {
  const place = placeOf(manifest.id);
  return [
    { key: place.begun, size: 100 },
    ...manifest.parts.map(({ key, size }) => ({ key: `${manifest.id}/${key}`, size })),
    { key: place.contents, size: 200 },
    { key: place.manifest, size: 300 },
  ];
}

export type Folder = { manifest: Manifest; stored: Stored[] };

/** Reads folders as a bucket's listing shows them. */
export function readFolders(folders: readonly Folder[]): Backup[] {
  const told = folders
    .filter(({ manifest, stored }) =>
      stored.some(({ key }) => key === placeOf(manifest.id).manifest),
    )
    .map(({ manifest }): [string, Told] => [manifest.id, manifest]);
  return catalogueOf(
    folders.flatMap(({ stored }) => stored),
    new Map(told),
  );
}

/** Backups of the last four hundred days: most are whole, some were never finished. */
export const folders = fc
  .uniqueArray(
    fc.record({
      age: fc.integer({ min: 0, max: 400 * 24 }),
      keep: fc.option(fc.double({ min: 0, max: 0.999, noNaN: true }), { freq: 3 }),
    }),
    { selector: ({ age }) => age, maxLength: 40 },
  )
  .map((drawn) =>
    drawn.map(({ age, keep }): Folder => {
      const at = NOW - age * (DAY / 24);
      const manifest = manifestFor(at, 1_000_000 - age * 100);
      const all = storedOf(manifest);
      return {
        manifest,
        stored: keep === null ? all : all.slice(0, Math.floor(keep * all.length)),
      };
    }),
  );
