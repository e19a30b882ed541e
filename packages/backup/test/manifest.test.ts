import { createHash } from "node:crypto";
import { ActionError } from "@playbook/action";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import {
  idFor,
  isId,
  readBeginning,
  readContents,
  readManifest,
  sealed,
  timeOf,
  written,
} from "../src/index.ts";
import { beginningFor, manifestFor, NOW } from "./backups.ts";

const text = (value: unknown) => Buffer.from(JSON.stringify(value));

test("a manifest is read as it was written", () => {
  const manifest = manifestFor(NOW, 7);
  expect(readManifest(written(manifest), "m")).toEqual(manifest);
  const begun = beginningFor(NOW, 7);
  expect(readBeginning(written(begun), "b")).toEqual(begun);
});

test("a manifest with any one bit flipped is none, or says the same in other white space", () => {
  const whole = written(manifestFor(NOW, 7));
  const said = JSON.stringify(readManifest(whole, "m"));
  for (let bit = 0; bit < 8 * whole.length; bit += 1) {
    const outcome = outcomeOf(flipped(whole, bit));
    if (outcome !== said) expect(outcome).toMatch(/^(bad-backup-file|backup-too-new)$/);
  }
});

test("a manifest in which any one thing that it says is another is none", () => {
  const manifest = manifestFor(NOW, 7);
  const { block, chain, source } = manifest;
  for (const changes of [
    { block: { ...block, height: block.height + 1 } },
    { block: { ...block, timestamp: block.timestamp + 1 } },
    { chain: { ...chain, spec: "" } },
    { source: { ...source, image: "registry.example/axon:other" } },
    { unpacked: manifest.unpacked + 1 },
    { ancestors: ["20260301t020000z-1"] },
    { version: 1 },
  ]) {
    expect(() => readManifest(text({ ...manifest, ...changes }), "m")).toThrow(
      expect.objectContaining({
        code: "bad-backup-file",
        why: "Its digest is not that of what it says.",
      }),
    );
  }
});

test("a manifest of version 1 is read by the digest that it had, over its parts", () => {
  const { digest: _, ...said } = manifestFor(NOW, 7);
  const lines = said.parts.map(({ key, size, sha256 }) => `${key} ${size} ${sha256}\n`);
  const digest = createHash("sha256").update(lines.join("")).digest("hex");
  const first = { ...said, version: 1, digest };

  expect(readManifest(text(first), "m")).toEqual(first);

  const other = text({ ...first, parts: said.parts.toReversed() });
  expect(() => readManifest(other, "m")).toThrow(
    expect.objectContaining({ code: "bad-backup-file" }),
  );
});

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
}

/** What is read, or the code of why nothing is. */
function outcomeOf(bytes: Uint8Array): string {
  try {
    return JSON.stringify(readManifest(bytes, "m"));
  } catch (error) {
    return error instanceof ActionError ? error.code : String(error);
  }
}

test.each([
  ["half a file", Buffer.from(written(manifestFor(NOW, 7))).subarray(0, 300)],
  ["another file", text({ format: "something" })],
  ["parts in another order", text(swapped())],
  ["a part that says another size", text(resized())],
])("%s is no manifest", (_, bytes) => {
  expect(() => readManifest(bytes, "m")).toThrow(
    expect.objectContaining({ code: "bad-backup-file" }),
  );
});

function swapped() {
  const manifest = manifestFor(NOW, 7);
  return sealed({ ...manifest, parts: manifest.parts.toReversed() });
}

function resized() {
  const manifest = manifestFor(NOW, 7);
  return sealed({
    ...manifest,
    parts: manifest.parts.map((part) => ({ ...part, size: part.size + 1 })),
  });
}

test("a later release's manifest says which release reads it", () => {
  const later = text({ ...manifestFor(NOW, 7), version: 3, more: true });
  expect(() => readManifest(later, "m")).toThrow(
    expect.objectContaining({ code: "backup-too-new" }),
  );
});

test("what the pod says of the parts has to add up", () => {
  const { bytes, unpacked, parts } = manifestFor(NOW, 7);
  const said = { format: "axon-backup-contents", version: 1, bytes, unpacked, parts };
  expect(readContents(text(said), "c")).toEqual(said);
  const wrong = text({ ...said, bytes: bytes + 1 });
  expect(() => readContents(wrong, "c")).toThrow(
    expect.objectContaining({ code: "bad-backup-file" }),
  );
});

test("a backup's name says when it was begun, and sorts by it", () => {
  const time = fc.integer({ min: 0, max: 4e9 }).map((seconds) => seconds * 1_000);
  fc.assert(
    fc.property(time, time, fc.nat(), (one, other, height) => {
      const id = idFor(one, height);
      expect(isId(id)).toBe(true);
      expect(timeOf(id)).toBe(one);
      expect(id).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
      if (one < other) expect(id < idFor(other, 0)).toBe(true);
    }),
    chance(),
  );
});
