import { readFile } from "node:fs/promises";
import { contextForTests } from "@playbook/action/testing";
import {
  actionsOf,
  askedBy,
  becomeJob,
  openRole,
  productionJob,
} from "../../../test/aws-rights.ts";
import { statements } from "../src/access.ts";
import type { Inputs } from "../src/run.ts";
import { configOf, openStage, type Stage } from "./stage.ts";

const job = productionJob("acme/nexus", "hyperlane");

const TOKEN = "a-token-that-nobody-may-see";

let stage: Stage;
let role: string;
beforeAll(async () => {
  stage = await openStage([{ id: 5 }]);
  const [, , bucket = "", ...prefix] = stage.state.split("/");
  const place = { HyperlaneBucket: bucket, HyperlanePrefix: prefix.join("/") };
  const parameters = { HyperlaneKeyArn: stage.key, ...place };
  ({ role } = await openRole(stage.aws, {
    job,
    system: "Hyperlane",
    name: "nexus-prod",
    parameters,
  }));
  becomeJob(stage.world, job);
});
afterAll(() => stage?.[Symbol.asyncDispose]());

let threshold = 1;

/** A plan that has something to do, and the same again as its apply. */
async function due(over: Partial<Inputs> = {}) {
  threshold = threshold === 2 ? 3 : 2;
  await stage.write({ chain5: configOf(stage.sender, ["chain5"], threshold) });
  const { outputs } = await stage.planned(over);
  expect(outputs.steps).toBeGreaterThan(0);
  return outputs["plan-digest"];
}

const granted = [...new Set(statements.flatMap(({ actions }) => [...actions]))];

test("a run uses these permissions and none beside them, and shows no secret", async () => {
  const rpcUrls = stage.chains.map(({ name, url }) => ({ name, value: `${url}/?key=${TOKEN}` }));
  const digest = await due({ rpcUrls });
  stage.aws.clearCalls();
  const context = contextForTests();

  const report = await stage.applied(digest, { role, rpcUrls }, context);
  await stage.takeOver();

  const own = askedBy(stage.aws, role);
  expect(report.failure).toBeUndefined();
  expect(actionsOf(own)).toEqual([...granted].sort());
  expect(own.filter(({ allowed }) => !allowed)).toEqual([]);
  const told = [report.summary, JSON.stringify(report.outputs), ...context.said];
  const file = (name: string) => readFile(`${stage.product}/${name}`, "utf8");
  const written = [await file("plan/plan.json"), await file("result/agent-config.json")];
  for (const text of [...told, ...written, ...context.warnings]) expect(text).not.toContain(TOKEN);
});

test.each(granted)(
  "without %s it says so and sends nothing; with it, it goes on",
  async (right) => {
    const digest = await due();
    const before = await stage.chains[0]?.nonce(stage.sender);
    const taken = stage.aws.withoutPermission(role, right);

    await expect(ended(digest)).resolves.toMatchObject({ code: "access-denied" });

    taken.restore();
    expect(await stage.chains[0]?.nonce(stage.sender)).toBe(before);
    expect(await ended(digest)).toBeUndefined();
    await stage.takeOver();
  },
);

/** What a run ends with, thrown or reported. */
async function ended(digest: unknown): Promise<unknown> {
  return stage.applied(digest, { role }).then(
    ({ failure }) => failure,
    (error: unknown) => error,
  );
}
