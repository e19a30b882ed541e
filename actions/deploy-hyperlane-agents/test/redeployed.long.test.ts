import { until } from "@playbook/world";
import type { Message } from "../../../packages/hyperlane/test/message.ts";
import { isDelivered } from "../../../packages/hyperlane/test/network.ts";
import { startRelayer } from "../../../packages/hyperlane/test/relayer.ts";
import { type AgentList, type Fleet, type Listed, openFleet } from "./fleet.ts";

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet();
  await fleet.fund();
}, 1_200_000);
afterAll(() => fleet?.[Symbol.asyncDispose]());

const VALIDATORS = ["a", "b", "c"].map((name) => `validator-chain5-${name}`);
const RELAYER = "relayer-main-a";

/** The same validators, with another folder of their buckets. */
function inFolder(list: AgentList, folder: string): AgentList {
  const all = (list.validators.chain5 ?? []).map((one): Listed => {
    return { ...one, bucket: { ...Object(one.bucket), folder } };
  });
  return { ...list, validators: { chain5: all } };
}

const arrives = ({ id }: Message) => until(() => isDelivered(fleet.destination, id));

/** The official relayer, as the registry is now; it brings what our validators have signed. */
async function relayed(text: string): Promise<Message> {
  const { world, sites, aws } = fleet;
  await using _relayer = await startRelayer({ world, sites, aws });
  const message = await fleet.send(text);
  await arrives(message);
  return message;
}

const codes = (findings: unknown) =>
  (findings as { code: string; at: string }[]).map(({ code, at }) => `${code} ${at}`);

test("a message arrives over the core that agents began with", async () => {
  const { outputs } = await fleet.run();
  expect(outputs).toMatchObject({ outcome: "done" });
  await relayed("over the first core");
}, 600_000);

test("an origin with another core: agents are changed one by one, and messages arrive over it", async () => {
  const before = { ...fleet.origin.addresses };
  await fleet.redeploy(fleet.origin);
  expect(fleet.origin.addresses.mailbox).not.toBe(before.mailbox);

  const plan = await fleet.run({ mode: "plan" });
  expect(plan.outputs.changes).toMatchObject({ change: [...VALIDATORS, RELAYER] });
  const told = VALIDATORS.map((name) => `other-tree ${name}`);
  expect(codes(plan.outputs.findings)).toEqual(expect.arrayContaining(told));
  expect(plan.outputs).toMatchObject({ "can-apply": false });

  const moved = inFolder(fleet.list, "second");
  const again = await fleet.run({ mode: "plan" }, moved);
  expect(again.outputs).toMatchObject({ "can-apply": true });
  const { outputs, failure } = await fleet.run({}, moved);

  expect(failure).toBeUndefined();
  expect(outputs).toMatchObject({ outcome: "done", moved: [...VALIDATORS, RELAYER] });
  await relayed("over the second core");
  const after = await fleet.run({ mode: "plan" }, moved);
  expect(after.outputs).toMatchObject({ findings: [], changes: { change: [] } });
}, 600_000);

test("a destination with another core: its relayer alone is changed, and messages arrive there", async () => {
  const moved = inFolder(fleet.list, "second");
  await fleet.redeploy(fleet.destination);

  const { outputs, failure } = await fleet.run({}, moved);

  expect(failure).toBeUndefined();
  expect(outputs).toMatchObject({ outcome: "done", moved: [RELAYER] });
  await relayed("to the second core");
}, 600_000);

test("another place for announcements: all announce anew, one by one, in the buckets that they have", async () => {
  const moved = inFolder(fleet.list, "second");
  const { mailbox, validatorAnnounce } = fleet.origin.addresses;
  await fleet.redeploy(fleet.origin, ["validatorAnnounce"]);
  expect(fleet.origin.addresses.mailbox).toBe(mailbox);
  expect(fleet.origin.addresses.validatorAnnounce).not.toBe(validatorAnnounce);

  const { outputs, failure } = await fleet.run({}, moved);

  expect(failure).toBeUndefined();
  expect(outputs).toMatchObject({ outcome: "done", moved: [...VALIDATORS, RELAYER] });
  await relayed("announced anew");
}, 600_000);
