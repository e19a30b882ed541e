import { readFile } from "node:fs/promises";
import { readChains } from "@playbook/evm";
import { desiredOn, readCoreConfig, refusalsOf } from "@playbook/hyperlane";
import { misnamed } from "../src/plan/misnamed.ts";

test("the README's chain in two files is read, and nothing of it is against the policy", async () => {
  const text = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, part = ""] = text.split("## A chain in two files");
  const [metadata = "", config = ""] = [...part.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    ([, inside = ""]) => inside,
  );

  const [chain] = readChains(metadata, "metadata.yaml");
  if (!chain) throw new Error("no chain");
  const domains = { axon: 2022, sepolia: 11155111 };
  const desired = desiredOn("axon", readCoreConfig(config, "axon.yaml"), domains);
  expect(desired.domain).toBe(chain.domainId);
  expect(misnamed(chain.name, desired.domain)).toBeUndefined();
  expect(refusalsOf(desired, chain, { validators: [], relayers: [], deployers: [] })).toEqual([]);
});
