import { fileURLToPath } from "node:url";
import { loaded } from "../../../test/house/loaded.ts";

const source = (path: string) => fileURLToPath(new URL(`../src/${path}`, import.meta.url));

test("deploying cannot start a process: a build is data", () => {
  expect([...loaded(source("apply/apply.ts"))]).not.toContain("node:child_process");
});

test("building can: it runs graph-cli", () => {
  expect([...loaded(source("build/build.ts"))]).toContain("node:child_process");
});
