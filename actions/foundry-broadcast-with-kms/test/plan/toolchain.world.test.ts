import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { contextForTests } from "@playbook/action/testing";
import { temporaryFolder } from "@playbook/world";
import { findToolchain } from "../../src/plan/toolchain.ts";

test("without Foundry on the PATH the pinned one is installed, once", async () => {
  await using cache = await temporaryFolder("tools");
  const folders = (process.env.PATH ?? "").split(delimiter);
  const env = {
    ...process.env,
    PATH: folders.filter((folder) => !existsSync(join(folder, "forge"))).join(delimiter),
    RUNNER_TOOL_CACHE: cache.path,
  };
  const context = contextForTests();

  const found = await findToolchain(context, env);
  const again = await findToolchain(context, env);

  expect(again).toEqual(found);
  expect(context.said).toHaveLength(2);
  for (const program of [found.forge, found.anvil]) {
    const { stdout } = await promisify(execFile)(program, ["--version"]);
    expect(stdout).toContain(`Version: ${found.version}`);
  }
});
