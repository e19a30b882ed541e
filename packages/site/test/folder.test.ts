import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { digestOf } from "@playbook/state";
import { type BuiltFile, readAgain, streamAgain } from "../src/content.ts";
import { readFolder } from "../src/folder.ts";

let scratch: string;
let folder: string;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "deploy-ui-"));
  folder = join(scratch, "dist");
  await mkdir(folder);
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

async function write(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), `content of ${path}`);
  }
}

test("every file is found, whatever it is called", async () => {
  const paths = ["assets/ü#1 %41.js", "a b/c?d.txt", ".well-known/x", "index.html", "☃.png"];
  await write(...paths);

  const found = await readFolder(folder);

  expect(found.map(({ path }) => path)).toEqual(paths.toSorted());
  for (const { path, size, digest } of found) {
    expect({ size, digest }).toEqual({
      size: Buffer.byteLength(`content of ${path}`),
      digest: digestOf(`content of ${path}`),
    });
  }
});

test.each([".git/config", "app/.git", ".env", "app/.env.production.local"])(
  "what nobody means to show is refused: %s",
  async (path) => {
    await write("index.html", path);
    await expect(readFolder(folder)).rejects.toMatchObject({
      code: "folder-refused",
      what: expect.stringContaining(path),
    });
  },
);

test("a link to a file inside is that file; one that leads out is refused", async () => {
  await write("index.html", "real.txt");
  await symlink("real.txt", join(folder, "inside.txt"));
  expect((await readFolder(folder)).map(({ path }) => path)).toContain("inside.txt");

  await writeFile(join(scratch, "secret"), "s");
  await symlink("../secret", join(folder, "outside.txt"));
  await expect(readFolder(folder)).rejects.toMatchObject({
    code: "folder-refused",
    what: expect.stringContaining("outside.txt"),
  });
});

test.each([
  ["a folder beside it", ".."],
  ["nothing", "gone"],
  ["a folder inside", "assets"],
])("a link to %s is refused", async (_, target) => {
  await write("index.html", "assets/a.js");
  await symlink(target, join(folder, "link"));
  await expect(readFolder(folder)).rejects.toMatchObject({ code: "folder-refused" });
});

test("a name that breaks a line is refused", async () => {
  await write("index.html", "a\nb.txt");
  await expect(readFolder(folder)).rejects.toMatchObject({ code: "folder-refused" });
});

test("a folder that is not there, is empty, or has no index.html, is told apart", async () => {
  await expect(readFolder(join(folder, "x"))).rejects.toMatchObject({ code: "folder-missing" });
  await expect(readFolder(folder)).rejects.toMatchObject({ code: "folder-empty" });
  await write("site/index.html", "robots.txt");
  await expect(readFolder(folder)).rejects.toMatchObject({
    code: "index-missing",
    why: expect.stringContaining("site/index.html"),
  });
});

test.each([
  ["film.mp4", 5 * 2 ** 30],
  ["about.html", 100 * 2 ** 20],
])("%s is refused beyond %i bytes, before anything is read", async (name, most) => {
  await write("index.html", name);
  await truncate(join(folder, name), most + 1);
  await expect(readFolder(folder)).rejects.toMatchObject({
    code: "file-too-large",
    what: `The file ${name} is too large.`,
    why: expect.stringContaining(`${most}`),
  });
});

describe("a large file", () => {
  const content = Buffer.alloc(3 * 2 ** 20, "large ");
  let file: BuiltFile;

  beforeEach(async () => {
    await write("index.html");
    await writeFile(join(folder, "film.mp4"), content);
    const found = await readFolder(folder);
    file = found.find(({ path }) => path === "film.mp4") as BuiltFile;
  });

  async function readPieces() {
    const parts: Buffer[] = [];
    for await (const part of streamAgain(folder, file)) parts.push(part);
    return { bytes: Buffer.concat(parts), longest: Math.max(...parts.map((one) => one.length)) };
  }

  test("is read piece by piece, and is the same", async () => {
    expect(file).toMatchObject({ size: content.length, digest: digestOf(content) });
    const { bytes, longest } = await readPieces();
    expect(bytes.equals(content)).toBe(true);
    expect(longest).toBeLessThan(2 ** 20);
  });

  test.each([
    ["has another last byte", Buffer.from([...content.subarray(0, -1), 0])],
    ["has grown", Buffer.concat([content, Buffer.from("more")])],
    ["has shrunk", content.subarray(0, -1)],
    ["is gone", undefined],
  ])("that %s is never handed over to its end", async (_, other) => {
    const path = join(folder, "film.mp4");
    if (other) await writeFile(path, other);
    else await rm(path);

    let handed = 0;
    const read = async () => {
      for await (const part of streamAgain(folder, file)) handed += part.length;
    };

    await expect(read()).rejects.toMatchObject({ code: "file-changed" });
    expect(handed).toBeLessThan(content.length);
  });
});

test("a file that has changed, or gone, since it was read is one error", async () => {
  await write("index.html");
  const [index] = await readFolder(folder);
  if (!index) throw new Error("nothing was found");
  expect(readAgain(folder, index)).toEqual(Buffer.from("content of index.html"));

  await writeFile(join(folder, "index.html"), "another");
  expect(() => readAgain(folder, index)).toThrow(expect.objectContaining({ code: "file-changed" }));
  await rm(join(folder, "index.html"));
  expect(() => readAgain(folder, index)).toThrow(expect.objectContaining({ code: "file-changed" }));
});
