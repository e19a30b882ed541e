import { setTimeout as sleep } from "node:timers/promises";
import { contextForTests } from "@playbook/action/testing";
import { until } from "@playbook/world";
import { common, type Fleet, NAMESPACE, NOWHERE, openFleet } from "./fleet.ts";
import { when } from "./when.ts";

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet();
  await fleet.fund();
  const { failure } = await fleet.run({}, { validators: fleet.list.validators });
  if (failure) throw failure;
}, 1_200_000);
afterAll(() => fleet?.[Symbol.asyncDispose]());

const NAMES = ["validator-chain5-a", "validator-chain5-b", "validator-chain5-c"];
const RELAYER = "relayer-main-a";
/** What is installed goes before what is changed. */
const INSTALLED = [RELAYER, ...NAMES];
const CHANGED = [...NAMES, RELAYER];

/** Of a chain nobody answers to a run. */
const without = (name: string) => ({ rpcUrls: [{ name, value: `${NOWHERE}/a-secret` }] });

test("a chain that does not answer is waited for by all who sign, and by whoever would start without it", async () => {
  const away = { set: common("v2"), ...without("chain10012") };
  const plan = await fleet.run({ mode: "plan", ...away });
  const findings = [{ code: "chain-unreadable", level: "warning", at: "chain10012" }];
  const named = { left: INSTALLED, unreached: ["chain10012"] };
  expect(plan.outputs).toMatchObject({ findings, ...named, "can-apply": true });
  expect(plan.summary).toContain("127.0.0.1:9");
  expect(JSON.stringify(plan)).not.toContain("a-secret");

  const report = await fleet.run(away);

  expect(report.failure).toBeUndefined();
  expect(report.outputs).toMatchObject({ outcome: "partial", moved: [], ...named });
  expect(report.summary).toContain(`Left for the next run: ${INSTALLED.join(", ")}.`);
  const back = await fleet.run({ set: common("v2") });
  expect(back.outputs).toMatchObject({
    outcome: "done",
    moved: INSTALLED,
    left: [],
    unreached: [],
  });
}, 180_000);

test("its own validators wait for it, and what works on it", async () => {
  const away = { set: common("v1"), ...without("chain5") };
  const report = await fleet.run(away);

  expect(report.outputs).toMatchObject({ outcome: "partial", moved: [], left: CHANGED });
  expect(report.summary).toContain("⚠️ chain5 does not answer.");
}, 180_000);

test("one that falls silent during a rollout leaves the rest to the next run", async () => {
  const { chaos } = fleet.destination.chain;
  const action = { kind: "error", code: -32000, message: "header not found" } as const;
  let rule = { remove: () => {} };
  const context = when("validator-chain5-a: change", async () => {
    rule = chaos.rule({ times: Infinity, action });
  });

  const report = await fleet.run({ set: common("v1") }, fleet.list, context);
  rule.remove();

  const left = CHANGED.slice(1);
  const moved = CHANGED.slice(0, 1);
  expect(report.outputs).toMatchObject({ outcome: "partial", moved, left });
  expect(context.warnings.join()).toContain("chain10012");
  const back = await fleet.run({ set: common("v1") });
  expect(back.outputs).toMatchObject({ outcome: "done", moved: left });
}, 180_000);

type PodStatus = {
  containerStatuses?: { ready: boolean; started?: boolean; restartCount: number }[];
};

const startedAnew = (warnings: readonly string[]) =>
  warnings.filter((one) => one.includes("is started anew"));

test("a relayer that goes on without a chain is not taken for one that serves, and is started anew once", async () => {
  await fleet.tellAgents(fleet.destination, NOWHERE);
  const over = { set: common("v2"), agentTimeout: 30_000 };

  const held = contextForTests();
  const report = await fleet.run(over, fleet.list, held);

  expect(report.failure).toMatchObject({ code: "agent-held", what: `${RELAYER} does not work.` });
  expect(report.summary).toContain("It goes on without a chain.");
  expect(report.summary).toContain('chain="chain10012"');
  expect(startedAnew(held.warnings)).toHaveLength(1);
  await fleet.tellAgents(fleet.destination);
  const mended = contextForTests();
  const back = await fleet.run(over, fleet.list, mended);
  expect(back.outputs).toMatchObject({ outcome: "done", moved: [] });
  expect(startedAnew(mended.warnings)).toEqual([
    `${RELAYER} went on without one of its chains, and is started anew.`,
  ]);
}, 300_000);

test("a relayer that goes on without a chain starts anew by itself when that answers, and not before", async () => {
  const { api } = fleet.cluster;
  const pod = `/api/v1/namespaces/${NAMESPACE}/pods/${RELAYER}-0`;
  const { chaos } = fleet.destination.chain;
  const action = { kind: "error", code: -32000, message: "header not found" } as const;
  const stateOf = async () => {
    const found = await api.get(pod).catch(() => undefined);
    const [status] = (found?.status as PodStatus | undefined)?.containerStatuses ?? [];
    return { uid: found?.metadata.uid, ...status };
  };
  const before = await stateOf();
  const rule = chaos.rule({ times: Infinity, action });
  await api.delete(pod);
  const lacking = await until(async () => {
    const state = await stateOf();
    return state.uid !== before.uid && state.started && !state.ready && state;
  });
  // As long as its probe would take to end it.
  await sleep(75_000);
  expect(await stateOf()).toMatchObject({ ready: false, restartCount: 0, uid: lacking.uid });

  rule.remove();

  const after = await until(async () => {
    const state = await stateOf();
    return state.ready && state;
  });
  expect(after).toMatchObject({ uid: lacking.uid, restartCount: 1 });
}, 300_000);

test("nothing is begun while no chain answers, and no URL is told", async () => {
  const urls = ["chain5", "chain10012"].map((name) => ({
    ...{ name, value: `${NOWHERE}/a-secret` },
  }));
  const failing = fleet.run({ rpcUrls: urls });
  const failure = await failing.catch((error: Error) => error);

  expect(failure).toMatchObject({ code: "chain-unreadable" });
  expect(String(failure)).toContain("127.0.0.1:9");
  expect(String(failure)).not.toContain("a-secret");
}, 180_000);
