import { execFileSync } from "node:child_process";
import { neededTools } from "../../scripts/test/needed.ts";
import { root, type ToolName, toolNames } from "../../scripts/tools.ts";

/** Where a tool is asked for by name, and which. */
function uses(): { file: string; name: ToolName }[] {
  const args = ["grep", "-oE", String.raw`\btool\("[a-z0-9-]+"\)`, "--", "*.ts"];
  const lines = execFileSync("git", args, { cwd: root }).toString().trim().split("\n");
  return lines.map((line) => {
    const [, file = "", name = ""] = /^([^:]+):tool\("(.+)"\)$/.exec(line) ?? [];
    return { file, name: name as ToolName };
  });
}

test("a machine with nothing gets each tool that a test uses before the test runs", () => {
  const needed = neededTools(false);
  const others = uses().filter(({ name }) => !needed.includes(name));

  expect(needed).toContain("axon");
  expect(others.filter(({ file }) => !file.startsWith("test/bench/"))).toEqual([
    { file: "test/world/src/aws/fast.ts", name: "s3s-fs" },
    { file: "test/world/test/eks/authenticator.ts", name: "aws-iam-authenticator" },
  ]);
});

test("the whole sweeps get what only they use, and nobody gets what only the benchmarks do", () => {
  const [some, whole] = [neededTools(false), neededTools(true)];

  expect(whole.filter((name) => !some.includes(name))).toEqual(["aws-iam-authenticator"]);
  expect(toolNames.filter((name) => !whole.includes(name)).sort()).toEqual(
    ["awscli", "s3s-fs", "s5cmd"].sort(),
  );
});
