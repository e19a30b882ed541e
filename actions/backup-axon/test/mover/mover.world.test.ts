import { createHash, randomBytes } from "node:crypto";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { readContents } from "@playbook/backup";
import { openStand, type Stand } from "./stand.ts";

let stand: Stand;
let backups = 0;

beforeAll(async () => {
  stand = await openStand();
});
beforeEach(() => {
  backups += 1;
  stand.aws.clearCalls();
});
afterAll(() => stand?.world[Symbol.asyncDispose]());

const backup = () => `20260101t000000z-${backups}`;

const FILES = {
  "rocksdb/000007.sst": randomBytes(9_000),
  "rocksdb/CURRENT": Buffer.from("MANIFEST-000001\n"),
  "rocksdb/deep/er": Buffer.alloc(0),
  "axon.ver": Buffer.from("0.3.1"),
  ".axon-init-done": Buffer.from("ab".repeat(32)),
  ".axon-hardfork-100-Andromeda": Buffer.from(""),
};

const OWN = {
  "consensus_wal/1700000000000": Buffer.from("what it signed last"),
  "txs_wal/12/0xabc.txt": Buffer.from("transactions"),
  "net.key": randomBytes(32),
  ".hidden": Buffer.from("x"),
};

async function volume(files: Record<string, Buffer> = { ...FILES, ...OWN }): Promise<string> {
  const { data } = await stand.pod();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(data, name, ".."), { recursive: true });
    await writeFile(join(data, name), content);
  }
  return data;
}

async function filesIn(folder: string): Promise<Record<string, Buffer>> {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = all.filter((entry) => entry.isFile());
  const read = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    return [path.slice(folder.length + 1), await readFile(path)] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

const contents = async () =>
  readContents(await stand.read(backup(), "contents.json"), "contents.json");

const listed = async () =>
  (await contents()).parts.map(({ key, size, sha256 }) => `${key} ${size} ${sha256}\n`).join("");

const PUT = { service: "s3", operation: "PutObject" };
const GET = { service: "s3", operation: "GetObject" };

const puts = () => stand.aws.calls().filter(({ operation }) => operation === "PutObject").length;

describe("a packed volume", () => {
  test("is the chain and nothing else, in parts that are what they are called", async () => {
    const packed = await stand.move("pack", backup(), { data: await volume() });

    expect(packed).toMatchObject({ code: 0 });
    const { parts, bytes } = await contents();
    expect(parts.length).toBeGreaterThan(2);
    let total = 0;
    for (const { key, size, sha256 } of parts) {
      const bytesOf = await stand.read(backup(), key);
      expect(bytesOf).toHaveLength(size);
      expect(createHash("sha256").update(bytesOf).digest("hex")).toBe(sha256);
      for (const own of Object.values(OWN).filter(({ length }) => length > 8)) {
        expect(bytesOf.includes(own)).toBe(false);
      }
      total += size;
    }
    expect(total).toBe(bytes);
  });

  test("is unpacked as it was, over what was half unpacked before", async () => {
    await stand.move("pack", backup(), { data: await volume() });
    const half = await volume({
      "rocksdb/stale.sst": randomBytes(10),
      "consensus_wal/1": randomBytes(3),
    });

    const unpacked = await stand.move("unpack", backup(), { parts: await listed(), data: half });

    expect(unpacked).toMatchObject({ code: 0 });
    expect(await filesIn(half)).toEqual({ ...FILES, ".axon-restored": Buffer.from(backup()) });
  });

  test("a volume is emptied, whatever a node has left there", async () => {
    const { code, data: left } = await stand.move("empty", "genesis", { data: await volume() });

    expect(code).toBe(0);
    expect(await readdir(left)).toEqual([]);
  });

  test("is unpacked once", async () => {
    await stand.move("pack", backup(), { data: await volume() });
    const { data } = await stand.move("unpack", backup(), { parts: await listed() });
    await writeFile(join(data, "rocksdb", "later.sst"), "a block that was made since");

    const again = await stand.move("unpack", backup(), { parts: await listed(), data });

    expect(again.said).toContain("is on this volume already");
    expect(Object.keys(await filesIn(data))).toContain("rocksdb/later.sst");
  });

  test("is stored by a pod that was killed at each part, and what is there is not sent again", async () => {
    const data = await volume();
    const killed = new Set<string>();
    for (let code: number | null = null; code !== 0; ) {
      const there = (await stand.keys(backup())).map(({ key }) => `${key}\n`).join("");
      const { move, aws } = stand;
      let off = () => {};
      ({ code } = await move("pack", backup(), { data, parts: there }, (kill) => {
        off = aws.onCall(({ phase, operation, target }) => {
          if (phase !== "after" || operation !== "PutObject" || killed.has(target)) return;
          killed.add(target);
          kill();
        });
      }));
      off();
    }
    // Every part and the list of them, which was asked for once more and was there.
    expect(killed.size).toBe((await stand.keys(backup())).length);
    expect(puts()).toBe(killed.size + 1);
    const { data: back } = await stand.move("unpack", backup(), { parts: await listed() });
    expect(await filesIn(back)).toMatchObject(FILES);
  });

  test.each([
    { what: "a reply is lost", fault: { do: "lose reply", times: 2 } as const },
    { what: "the connection breaks", fault: { do: "break before", times: 2 } as const },
    { what: "S3 is busy", fault: { do: "status", status: 503, times: 2 } as const },
  ])("is stored although $what", async ({ fault }) => {
    stand.aws.fault({ ...fault, match: PUT });

    expect(await stand.move("pack", backup(), { data: await volume() })).toMatchObject({ code: 0 });

    expect((await stand.keys(backup())).length).toBe((await contents()).parts.length + 1);
  });

  test("is not begun on a volume without a chain", async () => {
    const packed = await stand.move("pack", backup(), { data: await volume(OWN) });

    expect(packed).toMatchObject({ code: 42, said: expect.stringContaining("no rocksdb") });
    expect(await stand.keys(backup())).toEqual([]);
  });
});

describe("a damaged backup", () => {
  const damage = async (change: (bytes: Buffer) => Buffer) => {
    await stand.move("pack", backup(), { data: await volume() });
    const parts = await listed();
    const [, second] = (await contents()).parts;
    const bytes = change(await stand.read(backup(), second?.key ?? ""));
    const Key = `axon/${backup()}/${second?.key}`;
    await stand.s3.send(new PutObjectCommand({ Bucket: "backups", Key, Body: bytes }));
    return stand.move("unpack", backup(), { parts });
  };

  test.each([
    {
      what: "a flipped bit",
      change: (bytes: Buffer) => {
        bytes[100] = (bytes[100] ?? 0) ^ 1;
        return bytes;
      },
    },
    { what: "a truncated part", change: (bytes: Buffer) => bytes.subarray(0, -1) },
    { what: "an empty part", change: () => Buffer.alloc(0) },
  ])("with $what is not unpacked", async ({ change }) => {
    const { code, said, data } = await damage(change);

    expect({ code, said }).toEqual({
      code: 42,
      said: expect.stringContaining("is not what was backed up"),
    });
    expect(Object.keys(await filesIn(data))).not.toContain(".axon-restored");
  });

  test("is one whose part is damaged on the way twice, and not once", async () => {
    await stand.move("pack", backup(), { data: await volume() });
    stand.aws.fault({ do: "lose reply", match: GET, times: 2 });

    expect(await stand.move("unpack", backup(), { parts: await listed() })).toMatchObject({
      code: 0,
    });
  });
});

test("a volume that is full before the chain is on it is said to be so, and not tried again", async () => {
  await stand.move("pack", backup(), { data: await volume() });
  const { work: programs } = await stand.pod();
  const full = "head -c 100 > /dev/null; echo 'tar: No space left on device' >&2; exit 2";
  await writeFile(join(programs, "tar"), `#!/bin/sh\n${full}\n`, { mode: 0o755 });

  const { code, said, data } = await stand.move("unpack", backup(), {
    parts: await listed(),
    programs,
  });

  expect({ code, said }).toEqual({
    code: 42,
    said: expect.stringMatching(/No space left.*could not be unpacked.*larger/s),
  });
  expect(Object.keys(await filesIn(data))).not.toContain(".axon-restored");
});

describe("the pod's role", () => {
  test("is nobody's but its service account's", async () => {
    const { code, said } = await stand.move("pack", backup(), {
      data: await volume(),
      subject: "system:serviceaccount:axon:axon-validator-0",
    });

    expect({ code, said }).toEqual({
      code: 1,
      said: expect.stringContaining("does not let this pod assume"),
    });
  });

  test("shows nothing that opens a door", async () => {
    const data = await volume();
    stand.aws.fault({ do: "deny", match: PUT });

    const { code, said } = await stand.move("pack", backup(), { data });

    expect(code).toBe(42);
    expect(said).toMatch(/S3 does not take or give parts\/00000-\S+: 403/);
    for (const { value } of stand.world.secrets()) expect(said).not.toContain(value);
  });
});

test("a volume from a snapshot is left with the chain alone", async () => {
  const data = await volume();
  await cp(join(data, "rocksdb"), join(data, "more"), { recursive: true });

  const stripped = await stand.move("strip", backup(), { data });

  expect(stripped).toMatchObject({ code: 0 });
  expect(await filesIn(data)).toEqual({ ...FILES, ".axon-restored": Buffer.from(backup()) });
});
