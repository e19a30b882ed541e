import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installSvm, startChain, type TemporaryFolder, temporaryFolder } from "@playbook/world";
import { foundry, shell } from "../../scripts/tools.ts";
import { commitAll, compilers, installProduct } from "./install.ts";

let home: TemporaryFolder;

beforeAll(async () => {
  home = await temporaryFolder("products");
  await installSvm(home.path, compilers);
});

afterAll(() => home?.[Symbol.asyncDispose]());

const at = (name: string) => join(home.path, name);
const git = (folder: string, ...args: string[]) => shell("git", ["-C", folder, ...args]);

test("a product is a clean repository with one commit, the same each time", async () => {
  const first = await installProduct("nexus", at("first"));
  const second = await installProduct("nexus", at("second"));

  expect(await git(first, "status", "--porcelain")).toBe("");
  expect(await git(first, "rev-list", "--count", "main")).toBe("1\n");
  expect(await git(first, "rev-parse", "main")).toBe(await git(second, "rev-parse", "main"));
  expect(await git(first, "ls-files")).toContain("package-lock.json");
});

test("what a test changes in a product becomes a commit", async () => {
  const folder = await installProduct("counter", at("changed"));
  await writeFile(join(folder, "chains.yaml"), "{}\n");

  const sha = await commitAll(folder, "Chains of this test");
  expect(await git(folder, "log", "--format=%H %s", "-1")).toBe(`${sha} Chains of this test\n`);
});

test("forge takes the artifacts that come with a product for its own", async () => {
  const folder = await installProduct("nexus", at("compiled"), { compiled: "quick" });
  const env = { HOME: home.path, FOUNDRY_PROFILE: "quick" };
  const said = await shell(foundry("forge"), ["build", "--root", folder], env);
  expect(said).toContain("No files changed, compilation skipped");
});

test("the counter sends as many transactions as it is told", async () => {
  await using chain = await startChain({ id: 5, fees: "legacy" });
  const folder = await installProduct("counter", at("counter"), { compiled: "default" });
  const script = ["script", join(folder, "script/Count.s.sol"), "--root", folder];
  const run = ["--sig", "run(uint256)", "20", "--rpc-url", chain.url, "--legacy"];
  await shell(foundry("forge"), [...script, ...run], { HOME: home.path });

  const file = join(folder, "broadcast/Count.s.sol/5/dry-run/run-latest.json");
  const { transactions } = JSON.parse(await readFile(file, "utf8"));
  expect(transactions).toHaveLength(20);
});

/** Runs a program that knows nothing of the environment of these tests, which malice would take. */
function bare(variables: Record<string, string>, ...command: string[]): Promise<string> {
  const all = { PATH: process.env.PATH, HOME: home.path, ...variables };
  return shell("env", ["-i", ...Object.entries(all).map(([k, v]) => `${k}=${v}`), ...command]);
}

describe("malice, where nothing is kept from it,", () => {
  const token = "a-token-that-is-not-kept-from-it";
  const sources = async (folder: string, who: string) => {
    const loot = JSON.parse(await readFile(join(folder, `loot/${who}.json`), "utf8"));
    return loot
      .filter(({ text }: { text: string }) => text.includes(token))
      .map(({ source }: { source: string }) => source);
  };

  test("finds a token by its hook after npm's install", async () => {
    const folder = await installProduct("malice", at("hooked"));
    await bare({ ACTIONS_RUNTIME_TOKEN: token }, "npm", "ci", "--silent", "--prefix", folder);

    const found = await sources(folder, "postinstall");
    expect(found).toEqual(
      expect.arrayContaining(["env ACTIONS_RUNTIME_TOKEN", "/proc/self/environ"]),
    );
  });

  test("finds a token from within forge, by a command and by a cheatcode", async () => {
    await using chain = await startChain({ id: 10012 });
    const folder = await installProduct("malice", at("forged"), { compiled: "default" });
    const credentials = `[http]\n\textraheader = AUTHORIZATION: basic ${token}\n`;
    await writeFile(join(folder, ".git/credentials.config"), credentials);
    const script = ["script", join(folder, "script/Steal.s.sol"), "--rpc-url", chain.url];
    await bare({ GITHUB_TOKEN: token }, foundry("forge"), ...script, "--root", folder);

    const files = [join(folder, ".git/credentials.config"), "env GITHUB_TOKEN"];
    expect(await sources(folder, "ffi")).toEqual(expect.arrayContaining(files));
    const cheatcode = await readFile(join(folder, "loot/cheatcode.json"), "utf8");
    expect(JSON.parse(cheatcode)).toMatchObject({ GITHUB_TOKEN: token });
  });
});
