import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { deploymentOf, uploadsOf } from "../src/upload.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "upload-test-"));
});
afterEach(() => rm(folder, { recursive: true }));

const MANIFEST = `specVersion: 1.3.0
schema: { file: schema.graphql }
dataSources:
  - name: Nexus
    source: { address: "0x00", abi: Nexus }
    mapping: { file: Nexus/Nexus.wasm, abis: [{ name: Nexus, file: Nexus/Nexus.json }] }
templates:
  - name: Mirror
    mapping: { file: Nexus/Nexus.wasm, abis: [{ name: Nexus, file: Nexus/Nexus.json }] }
`;

async function given(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

const files = {
  "subgraph.yaml": MANIFEST,
  "schema.graphql": "type A @entity { id: ID! }",
  "Nexus/Nexus.wasm": "wasm",
  "Nexus/Nexus.json": "[]",
};

test("each file is uploaded once, and last the manifest with their hashes in their places", async () => {
  await given(files);

  const uploads = await uploadsOf(folder);

  expect(uploads.map(({ path }) => path)).toEqual([
    ...["schema.graphql", "Nexus/Nexus.wasm", "Nexus/Nexus.json", "subgraph.yaml"],
  ]);
  const text = String(uploads.at(-1)?.bytes);
  for (const { hash } of uploads.slice(0, -1)) expect(text).toContain(`/: /ipfs/${hash}`);
  expect(text).toContain("address: '0x00'");
  expect(deploymentOf(uploads)).toBe(uploads.at(-1)?.hash);
});

test("another byte anywhere is another deployment", async () => {
  const found = new Set<string>();
  for (const path of Object.keys(files)) {
    await given({ ...files, [path]: `${files[path as keyof typeof files]} ` });
    found.add(deploymentOf(await uploadsOf(folder)));
  }
  await given({ ...files, "notes.md": "beside it" });
  found.add(deploymentOf(await uploadsOf(folder)));
  // White space behind the manifest's last line is no difference to what it says.
  expect(found.size).toBe(4);
});

test("a file that is there, outside of the build, is none of its own", async () => {
  await given({ "build/subgraph.yaml": "schema: { file: ../secret }", secret: "the machine's" });
  await expect(uploadsOf(join(folder, "build"))).rejects.toMatchObject({
    code: "build-refused",
    why: 'Its manifest names "../secret", which lies outside of it.',
  });
});

test("a day, as graph-cli writes one, stays the text that it is", async () => {
  await given({ ...files, "subgraph.yaml": `description: 2026-01-31\n${MANIFEST}` });
  const manifest = String((await uploadsOf(folder)).at(-1)?.bytes);
  expect(manifest).toMatch(/^description: '?2026-01-31'?$/m);
});
