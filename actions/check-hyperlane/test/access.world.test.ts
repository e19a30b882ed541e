import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { contextForTests } from "@playbook/action/testing";
import {
  actionsOf,
  askedBy,
  becomeJob,
  openRole,
  productionJob,
} from "../../../test/aws-rights.ts";
import { statements } from "../src/access.ts";
import { openStage, type Stage } from "./stage.ts";

const job = productionJob("acme/nexus", "hyperlane");

const TOKEN = "a-token-that-nobody-may-see";

let stage: Stage;
let role: string;
beforeAll(async () => {
  stage = await openStage([5, 10012]);
  const parameters = { MessagesKeyArn: stage.key.arn };
  ({ role } = await openRole(stage.aws, { job, system: "Messages", parameters }));
  becomeJob(stage.network.world, job);
}, 600_000);
afterAll(() => stage?.[Symbol.asyncDispose]());

const granted = [...new Set(statements.flatMap(({ actions }) => [...actions]))];

/** Sends and does not wait: nobody relays here. */
const sent = (context = contextForTests()) => {
  const rpcUrls = stage.sites.map(({ chain }) => ({
    ...{ name: chain.name, value: `${chain.url}/?key=${TOKEN}` },
  }));
  const key = stage.key.arn;
  return stage.check({ mode: "send", role, key, rpcUrls, patience: 1 }, context);
};

test("sending uses these permissions and none beside them, and shows no secret", async () => {
  const { aws } = stage;
  aws.clearCalls();
  const context = contextForTests();

  const report = await sent(context);

  const own = askedBy(aws, role);
  expect(actionsOf(own)).toEqual([...granted].sort());
  expect(own.filter(({ allowed }) => !allowed)).toEqual([]);
  const written = await readFile(join(stage.product, "result/check.json"), "utf8");
  const told = [report.summary, JSON.stringify(report.outputs), report.failure?.why, written];
  for (const text of [...told, ...context.said, ...context.warnings]) {
    expect(text).not.toContain(TOKEN);
  }
}, 300_000);

test("looking asks AWS for nothing in the role's name", async () => {
  const { aws } = stage;
  aws.clearCalls();
  await stage.check({ role, patience: 1 });

  const names = aws.calls().map(({ principal }) => principal);
  expect(names.filter((name) => name.includes(":assumed-role/"))).toEqual([]);
}, 300_000);

test.each(granted)(
  "without %s it says so and sends nothing",
  async (right) => {
    const [{ chain }] = stage.sites as [Stage["sites"][number]];
    const before = await chain.nonce(stage.sender);
    const taken = stage.aws.withoutPermission(role, right);

    await expect(sent()).rejects.toMatchObject({ code: "access-denied" });

    taken.restore();
    expect(await chain.nonce(stage.sender)).toBe(before);
  },
  300_000,
);
