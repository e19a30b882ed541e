import type { Entry } from "../src/entry.ts";
import { urlsFlaw } from "../src/rpc-secret.ts";
import { ofSecrets } from "../src/secret-findings.ts";
import type { Sight } from "../src/sight.ts";

/** What is found of a relayer of two chains, by what its Secret has under their names. */
function found(values: Record<string, string>) {
  const needs = { rpcSecret: "rpc-1", chains: ["near", "far"] };
  const entry = { name: "relayer-main-a", wanted: { needs } } as unknown as Entry;
  const agents = [{ entry }] as unknown as Sight["agents"];
  const flaws = Object.entries(values).map(([key, value]) => [key, urlsFlaw(value)] as const);
  return ofSecrets({ agents }, new Map([["rpc-1", new Map(flaws)]]));
}

const good = "https://one.example/a-key";

test("URLs that agents take are nothing to tell", () => {
  expect(found({ near: good, far: `${good},\n${good}\n`, other: "" })).toEqual([]);
});

test("URLs that agents do not take are told by Secret, key, cause and cure, and never themselves", () => {
  const findings = found({ near: `${good}\n${good}\n`, far: `${good},two.example:8545/a-key` });

  expect(findings.map(({ code, level, at }) => `${level} ${code} ${at}`)).toEqual([
    "error wrong-rpc-urls relayer-main-a",
    "warning wrong-rpc-urls relayer-main-a",
  ]);
  expect(findings[0]?.why).toMatch(/rpc-1 has under the key near .*its URL has a line break/);
  expect(findings[1]?.why).toMatch(/the key far .*URL 2 of 2 does not begin with https:/);
  for (const { why, next } of findings) {
    expect(next).toMatch(/Secret of another name.*in one line, commas between them/);
    expect(why + next).not.toMatch(/a-key|two\.example:|8545/);
  }
});

test("a key that is missing is told beside one that is wrong", () => {
  expect(found({ near: "" }).map(({ code }) => code)).toEqual(["no-rpc-secret", "wrong-rpc-urls"]);
});
