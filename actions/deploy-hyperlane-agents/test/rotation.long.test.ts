import { checkpoint } from "../../../packages/hyperlane/test/network.ts";
import {
  type AgentList,
  agentOf,
  countOn,
  type Fleet,
  type Listed,
  NAMESPACE,
  openFleet,
} from "./fleet.ts";

/** Blocks until the destination takes nothing back any more. */
const PERIOD = 40;

const ROTATE = [{ retiring: "validator-chain5-a", successor: "validator-chain5-d" }];

let fleet: Fleet;
let all: AgentList;
let without: AgentList;
beforeAll(async () => {
  fleet = await openFleet({ relayers: 0, reorgPeriod: PERIOD });
  await fleet.fund();
  await mine(PERIOD);
  const { chain5 = [] } = fleet.list.validators;
  const before = { validators: { chain5 } };
  const { failure } = await fleet.run({}, before);
  if (failure) throw failure;
  await fleet.send("signed before the new one came");
  const { index } = await fleet.send("and another");
  for (const one of chain5) await checkpoint(fleet.aws, bucketOf(one), Number(index));

  const successor = await agentOf(fleet.aws, "validator", { group: "chain5", name: "d" });
  await fleet.origin.chain.setBalance(successor.address, 10n ** 18n);
  all = { ...before, relayers: {}, validators: { chain5: [...chain5, successor] } };
  without = { ...all, validators: { chain5: all.validators.chain5?.slice(1) ?? [] } };
}, 1_200_000);
afterAll(() => fleet?.[Symbol.asyncDispose]());

const bucketOf = ({ bucket }: Listed) => (bucket as { name: string }).name;

async function mine(blocks: number): Promise<void> {
  for (let at = 0; at < blocks; at += 1) await fleet.destination.chain.send("evm_mine");
}

/** What the plan says is to be done next. */
async function next(list: AgentList, over: object = {}): Promise<unknown> {
  const { outputs } = await fleet.run({ mode: "plan", rotate: ROTATE, ...over }, list);
  const [{ step, chains }] = outputs.rotations as [{ step: string; chains: string[] }];
  return chains.length > 0 ? [step, ...chains] : step;
}

/** What is in the way of taking the old one out of the list. */
async function inTheWay(): Promise<string[]> {
  const { outputs } = await fleet.run({ mode: "plan" }, without);
  return (outputs.findings as { code: string; why: string }[]).map(
    ({ code, why }) => `${code}: ${why}`,
  );
}

test("first the new one is installed, and signs what was there before it", async () => {
  expect(await next(all)).toBe("install");

  const { outputs } = await fleet.run({}, all);

  expect(outputs).toMatchObject({ outcome: "done", moved: ["validator-chain5-d"] });
  expect(await next(all)).toEqual(["change", "chain10012"]);
  expect(await inTheWay()).toEqual([
    "no-spare: messageIdMultisigIsm of chain5 on chain10012 counts on it.",
  ]);
}, 180_000);

test("then chains count on it, and the old one stays until none can count on it again", async () => {
  await countOn(fleet, without.validators.chain5 ?? [], 2);

  expect(await next(all)).toEqual(["await-finality", "chain10012"]);
  const [first = ""] = await inTheWay();
  expect(first).toContain("as a reorganisation may bring it back, counts on it.");

  await mine(PERIOD);
  expect(await next(all)).toBe("retire");
  expect(await inTheWay()).toEqual([]);
});

test("the old one stays while a chain does not answer that may count on it", async () => {
  const away = (name: string) => ({ rpcUrls: [{ name, value: "http://127.0.0.1:9" }] });

  expect(await next(all, away("chain10012"))).toEqual(["await-answer", "chain10012"]);
  expect(await next(all, away("chain5"))).toEqual(["await-answer", "chain5"]);
  const { outputs } = await fleet.run({ mode: "plan", ...away("chain10012") }, without);

  expect(outputs).toMatchObject({ changes: { retire: ["validator-chain5-a"] } });
  expect(outputs.left).toContain("validator-chain5-a");
});

test("then the old one retires, and what it has signed stays", async () => {
  const { outputs } = await fleet.run({}, without);

  // The next one gets the budget that went with it.
  const moved = ["validator-chain5-a", "validator-chain5-b"];
  expect(outputs).toMatchObject({ outcome: "done", moved });
  const budgets = `/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets`;
  expect(await fleet.cluster.api.list(budgets)).toHaveLength(1);
  expect(await next(without)).toBe("done");
  const old = fleet.list.validators.chain5?.[0] as Listed;
  expect(await checkpoint(fleet.aws, bucketOf(old), 0)).toContain('"index"');
  const claims = `/api/v1/namespaces/${NAMESPACE}/persistentvolumeclaims`;
  expect(await fleet.cluster.api.find(`${claims}/db-validator-chain5-a-0`)).toBeDefined();
});

test("of a chain that is taken away the agents retire once no other counts on them; its contracts stay", async () => {
  const none = { ...without, validators: {} };
  const early = await fleet.run({ mode: "plan" }, none);
  await countOn(fleet, [], 0);
  await mine(PERIOD);

  const { outputs } = await fleet.run({}, none);

  const all = ["b", "c", "d"].map((name) => `validator-chain5-${name}`);
  const findings = [{ code: "no-spare", at: all[0] }];
  expect(early.outputs).toMatchObject({ findings, changes: { retire: all } });
  expect(outputs).toMatchObject({ outcome: "done", moved: all });
  expect(early.summary).toContain("Of those that retire, key, bucket and volume stay.");
  const { chain, addresses } = fleet.origin;
  expect(await chain.send("eth_getCode", [addresses.mailbox, "latest"])).not.toBe("0x");
  const [last] = without.validators.chain5 ?? [];
  expect(await checkpoint(fleet.aws, bucketOf(last as Listed), 0)).toContain('"index"');
}, 180_000);

test("a rotation to what is not listed is refused", async () => {
  const rotate = [{ retiring: "validator-chain5-a", successor: "validator-chain5-z" }];
  const planning = fleet.run({ mode: "plan", rotate }, all);
  await expect(planning).rejects.toMatchObject({ code: "bad-rotation" });
});
