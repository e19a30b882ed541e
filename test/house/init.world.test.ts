import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@playbook/world";
import { parse } from "yaml";
import { callersOf, SYSTEMS } from "../../scripts/init/callers.ts";
import { readWorkflows } from "../../scripts/library.ts";
import { root } from "../../scripts/tools.ts";

function init(...args: string[]) {
  const script = join(root, "scripts", "playbook.ts");
  const env = { PATH: process.env.PATH };
  return spawnSync(process.execPath, [script, "init", ...args], { encoding: "utf8", env });
}

const BELOW = ".github/workflows";

test("each workflow of the library belongs to a system, and each system has files to paste", () => {
  const named = Object.values(SYSTEMS).flat();
  expect(named.sort()).toEqual(
    readWorkflows()
      .map(({ name }) => name)
      .sort(),
  );
  for (const system of Object.keys(SYSTEMS)) expect(callersOf(system)).not.toEqual([]);
});

test.each(Object.keys(SYSTEMS))("the files of %s are those of the READMEs", async (system) => {
  await using folder = await temporaryFolder("init");

  const { status, stdout } = init(system, "--into", folder.path);

  expect(status).toBe(0);
  for (const { path, text } of callersOf(system)) {
    expect(await readFile(join(folder.path, path), "utf8")).toBe(text);
    expect(stdout).toContain(path);
  }
});

test("a value is put into each call that takes it, or into those of one workflow", async () => {
  await using folder = await temporaryFolder("init");

  const values = ["--region=eu-west-1", "--release-ui.bucket", "acme-site"];
  const { stdout } = init("ui", "--into", folder.path, ...values);

  const text = await readFile(join(folder.path, BELOW, "release-ui.yml"), "utf8");
  expect(text).toMatch(/^# \.github\/workflows\/release-ui\.yml\n/);
  const given = Object.values(parse(text).jobs as Record<string, { with: object }>)[0]?.with;
  expect(given).toMatchObject({ region: "eu-west-1", bucket: "acme-site" });
  expect(stdout).not.toContain("release-ui.bucket:");
  expect(stdout).toMatch(/release-ui\.role: arn:/);
});

test("the same again changes nothing; a file that says something else stops it all", async () => {
  await using folder = await temporaryFolder("init");
  expect(init("ui", "--into", folder.path).status).toBe(0);
  expect(init("ui", "--into", folder.path).status).toBe(0);

  await using other = await temporaryFolder("init");
  await mkdir(join(other.path, BELOW), { recursive: true });
  await writeFile(join(other.path, BELOW, "release-ui.yml"), "mine");
  const { status, stderr } = init("ui", "--into", other.path);

  expect(stderr).toContain("code: file-exists");
  expect(status).toBe(1);
  expect(await readdir(join(other.path, BELOW))).toEqual(["release-ui.yml"]);
});

test("a release that somebody starts by hand from a branch is not called as the branch", () => {
  const byHand = Object.keys(SYSTEMS)
    .flatMap(callersOf)
    .filter(({ text }) => text.includes("workflow_dispatch:"));
  const releases = byHand.flatMap(({ text }) => text.match(/^ +release: .*$/gm) ?? []);

  expect(releases.length).toBeGreaterThan(0);
  for (const release of releases) expect(release).not.toMatch(/: \$\{\{ github\.ref_name \}\}$/);
});

test.each([
  ["ui", "rollback-to"],
  ["subgraph", "rollback"],
])("what %s is pasted can go back by hand", (system, input) => {
  const [caller] = callersOf(system).filter(({ text }) => text.includes(`inputs.${input}`));
  const { on } = parse(caller?.text ?? "on: {}") as { on: Record<string, unknown> };
  expect(on.workflow_dispatch).toMatchObject({ inputs: { [input]: {} } });
});

test("what the README shows works", async () => {
  const page = await readFile(join(root, "README.md"), "utf8");
  const lines = [...page.matchAll(/^pnpm playbook init (.+)$/gm)].map(([, args = ""]) => args);
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    await using folder = await temporaryFolder("init");
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare);
    const args = words.map((word) => (word === "../nexus" ? folder.path : String(word)));
    expect(init(...args)).toMatchObject({ status: 0, stderr: "" });
  }
});

test.each([
  { args: ["site"], says: 'There is no system "site".' },
  { args: ["ui", "--regoin", "eu-west-1"], says: 'Did you mean "region"?' },
  { args: ["ui", "--region"], says: '"--region" cannot be read.' },
])("$args is refused", async ({ args, says }) => {
  await using folder = await temporaryFolder("init");
  const { status, stderr } = init(...args, "--into", folder.path);
  expect(stderr).toContain(says);
  expect(status).toBe(1);
  expect(await readdir(folder.path)).toEqual([]);
});
