import { readFileSync } from "node:fs";
import { dirname, join, matchesGlob } from "node:path";
import { parse } from "yaml";
import { readWorkflows } from "../../scripts/library.ts";
import { root } from "../../scripts/tools.ts";

type Update = { "package-ecosystem": string; directory?: string; directories?: string[] };

const file = parse(readFileSync(join(root, ".github/dependabot.yml"), "utf8"));
const updates = file.updates as Update[];

const placesOf = (ecosystem: string) =>
  updates
    .filter((update) => update["package-ecosystem"] === ecosystem)
    .flatMap(({ directory, directories = [] }) => (directory ? [directory] : directories));

test("Dependabot looks after the workspace's packages", () => {
  expect(placesOf("npm")).toEqual(["/"]);
});

test("Dependabot looks after the crates of the world's validators", () => {
  expect(placesOf("cargo")).toEqual(["/test/world/axon"]);
});

test("Dependabot looks after actions wherever a workflow is written", () => {
  const places = placesOf("github-actions");
  // It takes this for .github/workflows.
  expect(places).toContain("/");
  for (const { path } of readWorkflows()) {
    expect(places.some((place) => matchesGlob(`/${dirname(path)}`, place))).toBe(true);
  }
});
