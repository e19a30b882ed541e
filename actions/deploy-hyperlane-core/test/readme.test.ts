import { readFile } from "node:fs/promises";
import { readChains } from "@playbook/evm";
import { desiredOn, readCoreConfig, readMesh, refusalsOf } from "@playbook/hyperlane";
import { misnamed } from "../src/plan/misnamed.ts";

const NOBODY = { validators: [], relayers: [], deployers: [] };

/** The YAML that the README has after a heading. */
async function blocksAfter(heading: string): Promise<string[]> {
  const text = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, part = ""] = text.split(`${heading}\n`);
  return [...part.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, inside = ""]) => inside);
}

test("the README's chain in two files is read, and nothing of it is against the policy", async () => {
  const [metadata = "", config = ""] = await blocksAfter("## A chain in two files");
  const [chain] = readChains(metadata, "metadata.yaml");
  if (!chain) throw new Error("no chain");
  const domains = { axon: 2022, sepolia: 11155111 };
  const desired = desiredOn("axon", readCoreConfig(config, "axon.yaml"), domains);
  expect(desired.domain).toBe(chain.domainId);
  expect(misnamed(chain.name, desired.domain)).toBeUndefined();
  expect(refusalsOf(desired, chain, NOBODY)).toEqual([]);
});

test("the README's chains of a mesh are read, and nothing of them is against the policy", async () => {
  const [metadata = ""] = await blocksAfter("## A chain in two files");
  const [mesh = ""] = await blocksAfter("## Every chain with every other");
  const [chain] = readChains(metadata, "metadata.yaml");
  if (!chain) throw new Error("no chain");

  const configs = [...(readMesh(mesh, "mesh.yaml") ?? [])];
  expect(configs.map(([name]) => name)).toEqual(["axon", "sepolia", "fuji"]);
  for (const [name, text] of configs) {
    const domains = { axon: 2022, sepolia: 11155111, fuji: 43113 };
    const desired = desiredOn(name, readCoreConfig(text, name), domains);
    expect(refusalsOf(desired, { ...chain, name }, NOBODY)).toEqual([]);
  }
});
