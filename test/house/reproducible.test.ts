import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { differing } from "../../scripts/release/reproducible.ts";

let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "bundles-"));
});

afterAll(() => rm(scratch, { recursive: true, force: true }));

async function bundle(name: string, files: Record<string, string>): Promise<string> {
  const folder = join(scratch, name);
  await mkdir(folder);
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  return folder;
}

test("two bundles are the same when they have the same files with the same bytes", async () => {
  const one = await bundle("one", { "index.js": "1", "2.js": "2" });
  const again = await bundle("again", { "index.js": "1", "2.js": "2" });
  const other = await bundle("other", { "index.js": "1", "2.js": "3" });
  const more = await bundle("more", { "index.js": "1", "2.js": "2", "3.js": "3" });

  expect(differing(one, again)).toEqual([]);
  expect(differing(one, other)).toEqual(["2.js"]);
  expect(differing(one, more)).toEqual(["3.js"]);
  expect(differing(more, one)).toEqual(["3.js"]);
});
