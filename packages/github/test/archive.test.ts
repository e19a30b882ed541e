import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArchiveRefused, unpack } from "../src/archive.ts";
import { type ZipEntry, zip } from "./zip.ts";

const limits = { entries: 5, bytes: 1_000 };
const FILE = 0o100644;
const LINK = 0o120777;
const DEVICE = 0o060644;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "archive-test-"));
});

afterEach(() => rm(folder, { recursive: true }));

async function unpacked(archive: Buffer | ZipEntry[]): Promise<string> {
  const path = join(folder, "archive.zip");
  const into = await mkdtemp(join(folder, "into-"));
  await writeFile(path, Buffer.isBuffer(archive) ? archive : zip(archive));
  await unpack(path, into, limits);
  return into;
}

test("files and folders are unpacked, in whatever order they come", async () => {
  const into = await unpacked([
    { name: "a/b.txt", content: "b", mode: FILE },
    { name: "a/", mode: 0o040755 },
    { name: "..c", content: "c" },
  ]);

  expect((await readdir(into, { recursive: true })).sort()).toEqual(["..c", "a", "a/b.txt"]);
  expect(await readFile(join(into, "a/b.txt"), "utf8")).toBe("b");
});

test.each<{ says: string; entries: ZipEntry[]; why: RegExp }>([
  { says: "climbs out of its folder", entries: [{ name: "../x" }], why: /relative path/ },
  { says: "climbs out in the middle", entries: [{ name: "a/../../x" }], why: /relative path/ },
  { says: "is absolute", entries: [{ name: "/etc/x" }], why: /absolute path/ },
  { says: "writes as on Windows", entries: [{ name: "a\\x" }], why: /invalid characters/ },
  { says: "has a drive", entries: [{ name: "C:/x" }], why: /absolute path/ },
  { says: "is written in a roundabout way", entries: [{ name: "a/./x" }], why: /no plain path/ },
  { says: "has an empty part", entries: [{ name: "a//x" }], why: /no plain path/ },
  { says: "has no name", entries: [{ name: "" }], why: /no plain path/ },
  { says: "has the folder's own name", entries: [{ name: "./" }], why: /no plain path/ },
  { says: "has a name too long", entries: [{ name: "x".repeat(256) }], why: /no name/ },
  { says: "has a zero in its name", entries: [{ name: "x\0y" }], why: /no name/ },
  {
    says: "is a link",
    entries: [{ name: "x", content: "/etc/passwd", mode: LINK }],
    why: /neither a file nor a folder/,
  },
  { says: "is a device", entries: [{ name: "x", mode: DEVICE }], why: /neither a file/ },
  { says: "is a file called a folder", entries: [{ name: "x/", mode: FILE }], why: /neither/ },
  { says: "comes twice", entries: [{ name: "x" }, { name: "x" }], why: /"x" twice/ },
  {
    says: "is both a file and a folder",
    entries: [{ name: "x/y" }, { name: "x" }],
    why: /"x" is both/,
  },
  {
    says: "is too large, together with others",
    entries: [
      { name: "x", content: "x".repeat(600) },
      { name: "y", content: "y".repeat(600) },
    ],
    why: /take 1200 bytes unpacked, and 1000 are allowed/,
  },
  {
    says: "is larger than it says",
    entries: [{ name: "x", content: "x".repeat(100_000), says: 10 }],
    why: /too many bytes/,
  },
  {
    says: "is one of too many",
    entries: [..."abcdef"].map((name) => ({ name })),
    why: /6 entries, and 5 are allowed/,
  },
])("an archive is refused when an entry $says", async ({ entries, why }) => {
  const unpacking = unpacked(entries);

  await expect(unpacking).rejects.toThrow(ArchiveRefused);
  await expect(unpacking).rejects.toThrow(why);
});

test("what is no archive is refused, not misread", async () => {
  await expect(unpacked(Buffer.from("no archive"))).rejects.toThrow(ArchiveRefused);
});
