import { readFile } from "node:fs/promises";
import { agentConfig, agentReleases, chartValues, readAgents } from "@playbook/hyperlane";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { agentChain } from "../../../packages/hyperlane/test/agent-lists.ts";
import { merged } from "../../../test/charts.ts";

const textOf = (path: string) => readFile(new URL(path, import.meta.url), "utf8");

test("the README's list and values are what the action and the chart take", async () => {
  const [, part = ""] = (await textOf("../README.md")).split("## A list of agents");
  const [list = "", common = ""] = [...part.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    ([, inside = ""]) => inside,
  );
  const chains = ["axon", "sepolia"].map((name, at) => {
    const { metadata, ...own } = agentChain(at + 1);
    return { ...own, metadata: { ...metadata, name } };
  });

  const agents = readAgents(list, "agents.yaml", ["axon", "sepolia"]);
  const releases = agentReleases(agents, agentConfig(chains));

  expect(releases.map(({ name }) => name)).toEqual(["validator-axon-a", "relayer-main-a"]);
  const validate = new Ajv({ strict: false }).compile(
    JSON.parse(await textOf("../chart/values.schema.json")),
  );
  const defaults = parse(await textOf("../chart/values.yaml"));
  for (const one of releases) {
    validate(merged(defaults, merged(chartValues(one), parse(common))));
    expect(validate.errors).toBeNull();
  }
});
