import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../../scripts/tools.ts";

/** Those that say whether a release is as it should be. */
const JUDGES = [
  "test/faults/verdict.ts",
  "packages/evm/test/auditor.ts",
  "packages/evm/test/simulation/judge.ts",
  "actions/foundry-broadcast-with-kms/test/apply/kill/records.ts",
  "test/e2e/leaks.ts",
];

/** What a judge may use: node's own, ethers, and the SDK to read a bucket with. */
const ALLOWED = /^(node:|ethers$|@aws-sdk\/)/;

/** The modules whose code a file runs: types are gone when it does. */
function importsIn(source: string): string[] {
  const statements = source.matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?from\s+"([^"]+)"/gm);
  const calls = source.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g);
  return [...statements, ...calls].flatMap(([, name]) => name ?? []);
}

test.each(JUDGES)("%s shares no code with what it judges", async (path) => {
  const imports = importsIn(await readFile(join(root, path), "utf8"));
  expect(imports.filter((name) => !ALLOWED.test(name))).toEqual([]);
});

test("a judge that takes something of ours would be found", () => {
  const source = `
import type { Chain } from "@playbook/world";
import { Transaction } from "ethers";
import {
  type Plan,
  readPlan,
} from "@playbook/evm";
const { decide } = await import("../src/broadcaster/decide.ts");
`;
  expect(importsIn(source)).toEqual(["ethers", "@playbook/evm", "../src/broadcaster/decide.ts"]);
});
