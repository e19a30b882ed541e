import { placeholdersIn } from "@playbook/access";
import { contextForTests } from "@playbook/action/testing";
import {
  actionsOf,
  askedBy,
  becomeJob,
  openRole,
  productionJob,
} from "../../../../test/aws-rights.ts";
import { statements } from "../../src/access.ts";
import { openTreasury, type Treasury } from "./treasury.ts";

const job = productionJob("acme/nexus", "hyperlane");

const CLUSTER = { AgentsRegion: "us-east-1", AgentsCluster: "khalani" };

let treasury: Treasury;
let role: string;
let other: string;
beforeAll(async () => {
  treasury = await openTreasury();
  const { aws, state, key } = treasury;
  const [, , bucket = "", ...prefix] = state.split("/");
  const place = { AgentsBucket: bucket, AgentsPrefix: prefix.join("/") };
  const parameters = { ...CLUSTER, AgentsKeyArn: key, ...place };
  const first = await openRole(aws, { job, system: "Agents", name: "nexus-prod", parameters });
  role = first.role;
  const rest = { ...CLUSTER, OidcProvider: first.provider };
  ({ role: other } = await openRole(aws, {
    job,
    system: "Agents",
    name: "plain",
    parameters: rest,
  }));
  becomeJob(treasury.world, job);
});
afterAll(() => treasury?.[Symbol.asyncDispose]());
beforeEach(() => treasury.reset());

const granted = statements
  .filter((one) => placeholdersIn(one).some((name) => ["keyArn", "bucket"].includes(name)))
  .flatMap(({ actions }) => [...actions]);

test("a run that pays uses these permissions and none beside them", async () => {
  treasury.aws.clearCalls();

  const { unpaid } = await treasury.run({ role });

  const asked = askedBy(treasury.aws, role);
  expect(unpaid).toEqual([]);
  expect(await treasury.faults()).toEqual([]);
  expect(actionsOf(asked)).toEqual([...new Set(granted)].sort());
  expect(asked.filter(({ allowed }) => !allowed)).toEqual([]);
});

test.each(granted)("without %s it says so and pays nobody; with it, it goes on", async (right) => {
  const taken = treasury.aws.withoutPermission(role, right);

  const failing = treasury.run({ role }, contextForTests());
  const said = await failing.then(
    ({ unpaid }) => unpaid.map(({ error }) => error.code),
    (error) => [error.code],
  );

  taken.restore();
  expect(new Set(said)).toEqual(new Set(["access-denied"]));
  for (const chain of treasury.chains) expect(await treasury.payments(chain)).toBe(0);
  expect((await treasury.run({ role })).unpaid).toEqual([]);
  expect(await treasury.faults()).toEqual([]);
});

test("a role that was given no key to pay with pays nobody", async () => {
  await expect(treasury.run({ role: other })).rejects.toMatchObject({ code: "access-denied" });
  for (const chain of treasury.chains) expect(await treasury.payments(chain)).toBe(0);
});
