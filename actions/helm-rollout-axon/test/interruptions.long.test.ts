import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { cancelled } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { type Cluster, type Pods, startCluster, startPods } from "@playbook/world";
import type { Values } from "../../../test/charts.ts";
import { after } from "./after.ts";
import { type AxonChain, newChain } from "./axon-chain.ts";

const NAMESPACE = "five";
const FIRST = "v0.3.1";

let cluster: Cluster;
let pods: Pods;
let chain: AxonChain;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, { tags: { [FIRST]: {} } });
  chain = await newChain(cluster, NAMESPACE);
  const { report } = await chain.roll({});
  expect(report.outputs).toMatchObject({ outcome: "done" });
}, 1_200_000);
afterAll(async () => {
  await pods?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

let patch = 1;

/** Another version than the chain has, which takes its time to start. */
function next(): { image: { tag: string } } {
  patch += 1;
  const tag = `v0.3.${patch}`;
  pods.tag(tag, { startDelayMs: 1000 });
  return { image: { tag } };
}

async function tags(): Promise<string[]> {
  const found = await cluster.api.list(`/api/v1/namespaces/${NAMESPACE}/pods`);
  return found.map(({ spec }) => spec.containers[0].image.split(":")[1]).sort();
}

const BUDGET = `/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets/axon-validators`;

const entry = fileURLToPath(new URL("../src/index.ts", import.meta.url));

/** Runs the action as a job's step does, with its inputs as they are written there. */
async function step(values: Values, over: Record<string, string>) {
  const { mode, kubeconfig = "", release, helm, set } = await chain.inputs(values);
  const given = { mode, kubeconfig, namespace: NAMESPACE, release, helm, set: JSON.stringify(set) };
  const named = Object.entries({ ...given, ...over });
  const inputs = named.map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, ...Object.fromEntries(inputs) };
  const child = spawn(process.execPath, ["--no-warnings", entry], { env });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (piece) => {
      said += piece;
    });
  }
  const [code] = await once(child, "close");
  return { code, said };
}

/** On one chain: each begins where the one before it has ended. */
describe("a rollout of five", () => {
  test("that is cancelled leaves the budget as it was, and is gone on with", async () => {
    const values = next();
    const context = after(2, () => context.stop.abort(cancelled("GitHub cancelled it.")));

    const cut = chain.roll(values, {}, context);

    await expect(cut).rejects.toMatchObject({ code: "cancelled" });
    expect((await cluster.api.get(BUDGET)).spec.maxUnavailable).toBe(1);
    const { report, said } = await chain.roll(values);
    expect(report.outputs).toMatchObject({ outcome: "done" });
    expect(await tags()).toEqual(Array(5).fill(values.image.tag));
    expect(said.filter((line) => line.endsWith("is let go.")).length).toBeLessThanOrEqual(4);
  }, 400_000);

  test("goes on when the API server was away for half a minute", async () => {
    const values = next();
    const context = after(2, async () => {
      await cluster.gate.close();
      setTimeout(() => cluster.gate.open(), 30_000);
    });

    const { report } = await chain.roll(values, {}, context);

    expect(report.outputs).toMatchObject({ outcome: "done" });
    expect(await tags()).toEqual(Array(5).fill(values.image.tag));
  }, 400_000);

  test("lets nobody drain a validator's node until it is over", async () => {
    const values = next();
    const refused: string[] = [];
    const context = after(1, async () => {
      const path = `/api/v1/namespaces/${NAMESPACE}/pods/axon-v3-0/eviction`;
      const body = {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name: "axon-v3-0", namespace: NAMESPACE },
      };
      await cluster.api.create(path, body).catch((error) => refused.push(String(error)));
    });

    const { report } = await chain.roll(values, {}, context);

    expect(report.outputs).toMatchObject({ outcome: "done" });
    expect(refused).toEqual([expect.stringMatching(/disruption budget/i)]);
  }, 400_000);

  test("lets nobody go who is the only one that another is connected with", async () => {
    const values = next();
    const [alone, ...others] = ["v0", "v2", "v3", "v4"].map((at) => `${NAMESPACE}/axon-${at}-0`);
    for (const other of others) await pods.cut(`${alone}`, other);
    const context = contextForTests();
    const { said } = context;
    let before: string[] = [];
    const mend = async () => {
      before = [...said];
      for (const other of others) await pods.mend(`${alone}`, other);
    };
    const progress = (line: string) => {
      said.push(line);
      if (line.startsWith("Waiting for the connections of")) setTimeout(mend, 3000);
    };

    const { report } = await chain.roll(values, {}, Object.assign(context, { progress }));

    expect(report.outputs).toMatchObject({ outcome: "done" });
    expect(before.join("\n")).toContain("axon-v2-0 (3 of 4)");
    expect(before.filter((line) => line.endsWith("is let go."))).toEqual([]);
    expect(await tags()).toEqual(Array(5).fill(values.image.tag));
  }, 400_000);

  test("is one at a time: a second one says that the first is alive", async () => {
    const values = next();
    let second: Promise<unknown> = Promise.resolve();
    const context = after(1, () => {
      second = chain.roll(values).catch((error) => error);
    });

    const { report } = await chain.roll(values, {}, context);

    expect(report.outputs).toMatchObject({ outcome: "done" });
    expect(await second).toMatchObject({ code: "rollout-under-way" });
  }, 400_000);

  test("whose time is used up turns back, and has as much time for that", async () => {
    const before = await tags();
    pods.tag("v0.3.99", { silent: true });

    const { code, said } = await step({ image: { tag: "v0.3.99" } }, { deadline: "45s" });

    expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining("It was given 45 s") });
    expect(said).toContain('"outcome": "taken-back"');
    expect(await tags()).toEqual(before);
  }, 400_000);
});
