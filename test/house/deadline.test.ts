import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readActions } from "../../scripts/library.ts";
import { root } from "../../scripts/tools.ts";

const limited = readActions().filter(({ file }) => "deadline" in file.inputs);

test.each(
  limited.map(({ name, file }) => ({ name, says: file.inputs.deadline?.description ?? "" })),
)(
  "the process of $name is ended at its deadline, or by nothing but what it says there",
  ({ name, says }) => {
    const entry = readFileSync(join(root, "actions", name, "src/index.ts"), "utf8");

    expect(entry.includes("keepsDeadline: true")).toBe(!says.startsWith("The run ends itself"));
  },
);
