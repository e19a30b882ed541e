import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { type TemporaryFolder, temporaryFolder } from "@playbook/world";
import { usedPrograms } from "../../scripts/programs.ts";
import { tryChromium } from "../../scripts/tools/chromium.ts";
import { root, shell, toolNames } from "../../scripts/tools.ts";

let folder: TemporaryFolder;
let cache: string;

beforeEach(async () => {
  folder = await temporaryFolder("setup");
  cache = join(folder.path, "cache");
});
afterEach(() => folder[Symbol.asyncDispose]());

type Environment = Record<string, string>;

/** What a script says on a machine with nothing in its cache. */
async function said(script: string, args: string[], env: Environment): Promise<string> {
  const all = { HOME: folder.path, PLAYBOOK_CACHE: cache, ...env };
  const run = promisify(execFile)(process.execPath, [join(root, script), ...args], { env: all });
  const { code, stderr } = await run.then(
    () => ({ code: 0, stderr: "" }),
    (error: { code: number; stderr: string }) => error,
  );
  expect(code).toBe(1);
  return stderr;
}

const setup = (names: string[], env: Environment) => said("scripts/setup.ts", names, env);
const start = (env: Environment) => said("scripts/start.mjs", ["setup"], env);

const NOTHING = { PATH: "/nowhere" };

describe("what a machine lacks is named, with how to get it and what goes without it", () => {
  test.each([
    {
      tool: "actionlint",
      lacks: "there is no go on the PATH",
      next: "install Go 1.24 or newer",
      without: "the workflows' syntax is not checked",
    },
    {
      tool: "act",
      lacks: "there is no python3 on the PATH",
      next: "install Python 3.11 or newer with venv",
      without: "no workflow runs: no demo and no end-to-end tests",
    },
    {
      tool: "github-api",
      lacks: "there is no npm on the PATH",
      next: "install Node.js 20 or newer together with npm",
      without: "GitHub's API has no stand-in",
    },
    {
      tool: "chromium",
      lacks: "there is no npm on the PATH",
      next: "install Node.js 20 or newer together with npm",
      without: "no page is looked at in a browser",
    },
    {
      tool: "s3s-fs",
      lacks: "there is no cargo on the PATH",
      next: "install Rust with cargo",
      without: "there is no S3 fast enough for the benchmarks",
    },
  ])("$tool: $lacks", async ({ tool, lacks, next, without }) => {
    const words = await setup([tool], NOTHING);

    expect(words).toMatch(new RegExp(`^error: ${tool} [\\d.]+ is missing: ${lacks}$`, "m"));
    expect(words).toContain(`next: ${next}`);
    expect(words).toContain(`without ${tool}, ${without}`);
  });

  test.each(["git", "openssl", "curl", "prlimit", "ps"])(
    "%s, which is used as it is",
    async (name) => {
      const words = await setup([name], NOTHING);

      expect(words).toContain(`error: ${name} is missing: there is none on the PATH`);
      expect(words).toMatch(new RegExp(`next: install .*; without ${name}, `));
    },
  );

  test("a library that Chromium does not bring along", async () => {
    const says =
      "error while loading shared libraries: libgcc_s.so.1: cannot open shared object file";
    const script = `#!/bin/sh\necho 'chromium: ${says}' >&2\nexit 127\n`;
    await writeFile(join(folder.path, "chromium"), script, { mode: 0o755 });

    await expect(tryChromium(folder.path)).rejects.toThrow(
      /libgcc_s\.so\.1: .*apt install libgcc-s1/,
    );
  });

  test("all of it at once", async () => {
    const words = await setup([], NOTHING);

    expect(words.match(/^error: /gm)).toHaveLength(toolNames.length + usedPrograms.length);
  });

  test("npm, before anything is installed", async () => {
    const words = await start(NOTHING);

    expect(words).toContain("error: npm is missing, or does not start.");
    expect(words).toContain("next: Install Node.js 20 or newer together with npm.");
    expect(await readdir(cache)).toEqual([]);
  });
});

test.each(["moto", "act", "zizmor", "cfn-lint"])(
  "where nothing may be installed, %s is named in the version that is pinned",
  async (name) => {
    const { PATH = "" } = process.env;
    const words = await setup([name], { PATH, PLAYBOOK_INSTALL: "never" });

    const [, version] = /^error: \S+ (\S+) is missing: it is not there$/m.exec(words) ?? [];
    const list = await readFile(join(root, "scripts/tools", `${name}.txt`), "utf8");
    expect(list).toMatch(new RegExp(`^${name}\\S*==${version} `, "m"));
  },
);

test("a machine of another kind is refused", async () => {
  const other = 'Object.defineProperty(process,"platform",{value:"darwin"})';
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(other)}`;
  const words = await start({ ...NOTHING, NODE_OPTIONS });

  expect(words).toContain("error: The scripts run on Linux on x64 and arm64, and this is darwin-");
});

/** Packages that the catalog of tools has the digests of. */
const single = [
  ["@octokit/openapi", "23.0.2"],
  ["@sparticuz/chromium", "153.0.0"],
] as const;

/** Packages of npm and of Python that are pinned, with their versions. */
async function pinnedPackages(): Promise<Map<string, string>> {
  const folder = join(root, "scripts/tools");
  const lists = (await readdir(folder)).map((name) => join(folder, name));
  const files = [join(root, "scripts/start.mjs"), ...lists];
  const texts = await Promise.all(files.map((path) => readFile(path, "utf8")));
  const pins = texts.join("\n").matchAll(/^ *"?(@?[\w./-]+?)(?:@|==)([\d.]\S*?)"?:?(?= |$)/gm);
  const packages = [...pins].map(([, name = "", version = ""]) => [name, version] as const);
  return new Map([...packages, ...single]);
}

/** A registry of npm's kind and of Python's, in which every package is the same other one. */
async function startRegistry(folder: string) {
  await mkdir(join(folder, "package"));
  await shell("tar", ["-czf", "other.tgz", "package"], {}, folder);
  const other = await readFile(join(folder, "other.tgz"));
  const pinned = await pinnedPackages();
  const server = createServer(({ url = "", headers }, response) => {
    const [, python] = /^\/python\/([^/]+)\/$/.exec(url) ?? [];
    const name = python ?? decodeURIComponent(url.slice(1));
    const version = pinned.get(name) ?? "";
    const file = `${name.replaceAll("-", "_")}-${version}-py3-none-any.whl`;
    const tarball = `http://${headers.host}/other.tgz`;
    const versions = { [version]: { name, version, dist: { tarball } } };
    if (python)
      response.setHeader("Content-Type", "text/html").end(`<a href="/${file}">${file}</a>`);
    else if (pinned.has(name)) response.end(JSON.stringify({ name, versions }));
    else response.end(other);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { PATH = "" } = process.env;
  const npm = { npm_config_registry: url, npm_config_cache: join(folder, "npm") };
  const pip = { PIP_INDEX_URL: `${url}/python`, PIP_NO_CACHE_DIR: "1" };
  return { env: { PATH, ...npm, ...pip }, close: () => server.close() };
}

describe("what a registry hands over is not taken when its digest is another", () => {
  let registry: Awaited<ReturnType<typeof startRegistry>>;

  beforeEach(async () => {
    registry = await startRegistry(folder.path);
  });
  afterEach(() => registry.close());

  test("Node.js and pnpm", async () => {
    const words = await start(registry.env);

    expect(words).toMatch(/error: \S+@[\d.]+ is not what was pinned: it has digest sha512-/);
    expect(await readdir(cache)).toEqual([]);
  });

  test.each([
    ["github-api", "@octokit/openapi@23.0.2", "GitHub's API has no stand-in"],
    ["chromium", "@sparticuz/chromium@153.0.0", "no page is looked at in a browser"],
  ])("%s, out of %s", async (name, of, without) => {
    const words = await setup([name], registry.env);

    expect(words).toContain(`${of} is not what was pinned: it has digest sha512-`);
    expect(words).toContain(`without ${name}, ${without}`);
  });

  test.each(["act", "moto"])("%s, with all that it needs", async (name) => {
    const words = await setup([name], registry.env);

    expect(words).toContain("THESE PACKAGES DO NOT MATCH THE HASHES");
    expect(words).toContain(`without ${name}, `);
  });
});
