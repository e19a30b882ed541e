import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { root } from "../../../scripts/tools.ts";

type Workflow = { jobs: Record<string, { steps: { with?: Record<string, string> }[] }> };

const path = join(root, "workflows/release-hyperlane/workflow.yml");
const { jobs } = parse(readFileSync(path, "utf8")) as Workflow;
const given = (job: string) => jobs[job]?.steps[0]?.with ?? {};

/** The job that shows reads by a role and nodes of its own. */
const OWN = { mode: undefined, role: undefined, "rpc-urls": undefined };

test("what is shown before the approval is judged as what is done after it", () => {
  expect({ ...given("agents"), ...OWN }).toMatchObject({ ...given("plan-agents"), ...OWN });
});

test("every exception that agents know can be made in a release", () => {
  const text = readFileSync(join(root, "actions/deploy-hyperlane-agents/action.yml"), "utf8");
  const exceptions = Object.keys(parse(text).inputs).filter((name) => name.startsWith("allow-"));
  expect(Object.keys(given("agents"))).toEqual(expect.arrayContaining(exceptions));
});
