import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startNpmRegistry } from "../src/index.ts";

const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "playbook-npm-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("npm itself is told the newest version of what is there, and that nothing else is", async () => {
  await using registry = await startNpmRegistry({ "@acme/cli": "44.0.2" });
  await writeFile(join(folder, ".npmrc"), registry.npmrc);
  const env = { PATH: process.env.PATH, HOME: folder };
  const view = (name: string) =>
    run("npm", ["view", name, "version"], { cwd: folder, env: env as NodeJS.ProcessEnv });

  expect((await view("@acme/cli")).stdout.trim()).toBe("44.0.2");
  await expect(view("@acme/other")).rejects.toThrow(/E404/);
});
