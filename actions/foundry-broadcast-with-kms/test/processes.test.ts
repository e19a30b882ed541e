import { fileURLToPath } from "node:url";
import { loaded } from "../../../test/house/loaded.ts";

const source = (path: string) => fileURLToPath(new URL(`../src/${path}`, import.meta.url));

test.each(["apply/apply.ts", "abandon/abandon.ts", "adopt/adopt.ts"])(
  "%s cannot start a process: what is checked out beside it is data",
  (path) => {
    expect([...loaded(source(path))]).not.toContain("node:child_process");
  },
);

test("planning can: it runs forge", () => {
  expect([...loaded(source("plan/planner.ts"))]).toContain("node:child_process");
});
