import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { foundry } from "../../../../scripts/tools.ts";
import { installSvm, solcFor, startProcess, temporaryFolder } from "../../src/index.ts";

/** A project with a contract for each pragma; its settings are lines of foundry.toml. */
async function project(dir: string, pragmas: string[], settings: string[]): Promise<string> {
  const root = join(dir, "project");
  await mkdir(join(root, "src"), { recursive: true });
  const profile = ["[profile.default]", "offline = true", ...settings];
  await writeFile(join(root, "foundry.toml"), `${profile.join("\n")}\n`);
  for (const [index, pragma] of pragmas.entries()) {
    const source = `pragma solidity ${pragma};\ncontract C${index} { uint public answer = 42; }\n`;
    await writeFile(join(root, "src", `C${index}.sol`), source);
  }
  return root;
}

/** As on a fresh machine: nothing but PATH, for /bin/sh, and a home. */
async function build(root: string, home: string): Promise<string> {
  const forge = await startProcess({
    command: foundry("forge"),
    args: ["build", "--root", root],
    env: { HOME: home, PATH: "/usr/bin:/bin" },
  });
  await forge.exited;
  await forge.stop();
  return forge.output();
}

async function compilerOf(root: string, contract: string): Promise<string> {
  const path = join(root, "out", `${contract}.sol`, `${contract}.json`);
  const { metadata } = JSON.parse(await readFile(path, "utf8"));
  return metadata.compiler.version;
}

test("forge compiles with the solc that a project names", async () => {
  await using folder = await temporaryFolder("solc");
  const solc = await solcFor("0.8.28");
  const root = await project(folder.path, ["^0.8.20"], [`solc = "${solc}"`]);

  expect(await build(root, folder.path)).toContain("Compiler run successful");
  expect(await compilerOf(root, "C0")).toMatch(/^0\.8\.28\+commit\.7893614a/);
});

test("a project without a fixed solc gets one for each pragma, offline", async () => {
  await using folder = await temporaryFolder("svm");
  await installSvm(folder.path, ["0.6.12", "0.8.20", "0.8.28"]);
  const root = await project(folder.path, ["=0.6.12", "0.8.20", "^0.8.25"], []);

  expect(await build(root, folder.path)).toContain("Compiler run successful");
  expect(await compilerOf(root, "C0")).toMatch(/^0\.6\.12/);
  expect(await compilerOf(root, "C1")).toMatch(/^0\.8\.20/);
  expect(await compilerOf(root, "C2")).toMatch(/^0\.8\.28/);
});

test("a compiler's complaint reaches forge", async () => {
  await using folder = await temporaryFolder("solc");
  const solc = await solcFor("0.8.28");
  const root = await project(folder.path, ["^0.8.20"], [`solc = "${solc}"`]);
  await writeFile(join(root, "src", "Bad.sol"), "pragma solidity ^0.8.20; contract Bad { x }");

  expect(await build(root, folder.path)).toMatch(/Compiler run failed.*Expected identifier/s);
});
