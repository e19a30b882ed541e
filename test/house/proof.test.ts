import { join } from "node:path";
import { partOf, withPart } from "../../scripts/test/proof.ts";
import { root } from "../../scripts/tools.ts";

test.each([
  ["packages/bft/test/rollout.property.test.ts", "rollout"],
  ["actions/helm-rollout-axon/test/killed/killed.long.test.ts", "rollout"],
  ["actions/upgrade-axon/test/jump.long.test.ts", "upgrade"],
  ["actions/change-axon-validators/test/killed.long.test.ts", "validators"],
  ["actions/deploy-hyperlane-core/test/killed.long.test.ts", "hyperlane"],
  ["test/e2e/hyperlane-delivered.long.test.ts", "hyperlane"],
  ["actions/backup-axon/test/kills.long.test.ts", "backup"],
  ["actions/deploy-ui/test/races.test.ts", "pages"],
  ["actions/deploy-subgraph/test/apply/killed.long.test.ts", "pages"],
  ["packages/evm/test/races.world.test.ts", "ledger"],
])("%s is of the proof's part %s", (file, part) => {
  expect(partOf(join(root, file))).toBe(part);
});

test("a part that was run again replaces its own table, and no other one", () => {
  const block = (part: string) => `<!-- proven:${part} -->\nold\n<!-- /proven:${part} -->\n`;
  const page = `# Proof\n${block("ledger")}${block("upgrade")}`;

  const next = withPart(page, "upgrade", "new");

  expect(next).toContain(block("ledger"));
  expect(next).toContain("<!-- proven:upgrade -->\nnew\n<!-- /proven:upgrade -->");
  expect(() => withPart(page, "pages", "new")).toThrow("lost its markers for pages");
});
