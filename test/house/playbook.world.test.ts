import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../../scripts/tools.ts";

const ACTION = "foundry-broadcast-with-kms";

function playbook(...args: string[]) {
  const script = join(root, "scripts", "playbook.ts");
  const env = { PATH: process.env.PATH };
  return spawnSync(process.execPath, [script, ...args], { encoding: "utf8", env });
}

test("help lists the actions, and an action's inputs with their defaults", () => {
  expect(playbook("--help").stdout).toContain(ACTION);
  expect(playbook(ACTION, "--help").stdout).toMatch(
    /--mode \(required\)[\s\S]*--chains-file \(default/,
  );
});

test("an action runs with the inputs of the command line, and names a misspelt one", () => {
  const { status, stderr } = playbook(ACTION, "--mode", "plan", "--chain=fuji");
  expect(stderr).toContain('"chain" is no input; did you mean "chains"?');
  expect(stderr).toContain("code: bad-input");
  expect(status).toBe(1);
});

test.each([
  { args: ["nothing"], says: 'There is no action "nothing".' },
  { args: [ACTION, "mode"], says: '"mode" is no input: write --name value.' },
  { args: [ACTION, "--mode"], says: "--mode has no value." },
])("$args is refused", ({ args, says }) => {
  const { status, stderr } = playbook(...args);
  expect(stderr).toContain(says);
  expect(status).toBe(1);
});
