import { ActionError } from "@playbook/action";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import {
  idFor,
  isId,
  readBeginning,
  readContents,
  readManifest,
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

test("a manifest with any one character changed in what it says of its parts is none", () => {
  const whole = Buffer.from(written(manifestFor(NOW, 7))).toString();
  const from = whole.indexOf('"parts"');
  fc.assert(
    fc.property(
      fc.integer({ min: from, max: whole.length - 3 }),
      fc.constantFrom(..."0f7x"),
      (at, by) => {
        const changed = whole.slice(0, at) + by + whole.slice(at + 1);
        fc.pre(changed.replaceAll(/\s/g, "") !== whole.replaceAll(/\s/g, ""));
        let error: unknown;
        try {
          // White space means nothing; anything else does.
          const read = readManifest(Buffer.from(changed), "m");
          expect(read).toEqual(JSON.parse(whole));
          return;
        } catch (thrown) {
          error = thrown;
        }
        expect(error).toBeInstanceOf(ActionError);
        expect(error).toMatchObject({ code: "bad-backup-file" });
      },
    ),
    chance(),
  );
});

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
  return { ...manifest, parts: manifest.parts.toReversed() };
}

function resized() {
  const manifest = manifestFor(NOW, 7);
  return { ...manifest, parts: manifest.parts.map((part) => ({ ...part, size: part.size + 1 })) };
}

test("a later release's manifest says which release reads it", () => {
  const later = text({ ...manifestFor(NOW, 7), version: 2, more: true });
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
