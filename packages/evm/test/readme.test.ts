import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

async function codesIn(folder: string): Promise<string[]> {
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".ts"));
  const texts = await Promise.all(files.map((name) => readFile(`${folder}/${name}`, "utf8")));
  return texts.flatMap((text) =>
    [...text.matchAll(/new ActionError\(\s*"([a-z-]+)"/g)].map(([, code]) => code as string),
  );
}

test("every error that a ledger or a broadcast can end with is in the README, and no other", async () => {
  const thrown = [...(await codesIn(at("../src"))), ...(await codesIn(at("../../state/src")))];
  const readme = await readFile(at("../README.md"), "utf8");
  const listed = [...readme.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code);

  expect([...listed].sort()).toEqual([...new Set(thrown)].sort());
});
