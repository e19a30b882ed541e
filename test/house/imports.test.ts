import { globSync } from "node:fs";
import { withImports } from "../../scripts/sync/imports.ts";
import { root } from "../../scripts/tools.ts";

const sourcesOf = (action: string) =>
  withImports(globSync(`actions/${action}/src/**/*.ts`, { cwd: root }));

test("an action's sources are its own and what they import of the packages", () => {
  const sources = sourcesOf("backup-axon");

  expect(sources).toContain("actions/backup-axon/src/apply.ts");
  expect(sources).toContain("packages/backup/src/bucket.ts");
  expect(sources).toContain("packages/action/src/error.ts");
});

test("what a package also has, and nobody asks for, is not among them", () => {
  const sources = sourcesOf("backup-axon");

  expect(sources).toContain("packages/kube/src/eks.ts");
  expect(sources).not.toContain("packages/kube/src/helm.ts");
  expect(sources).not.toContain("packages/kube/src/index.ts");
});

test("what is imported only when it is needed is among them", () => {
  expect(sourcesOf("check-hyperlane")).toContain("actions/check-hyperlane/src/send-all.ts");
  expect(sourcesOf("change-axon-validators")).toContain("packages/aws/src/session.ts");
});
