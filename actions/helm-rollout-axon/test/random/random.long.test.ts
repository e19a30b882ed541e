import { ActionError, cancelled, type Report } from "@playbook/action";
import { stallLimit } from "@playbook/bft";
import { type Cluster, type Pods, startCluster, startPods } from "@playbook/world";
import fc from "fast-check";
import { chance } from "../../../../test/chance.ts";
import { claim } from "../../../../test/proof.ts";
import { after } from "../after.ts";
import { type AxonChain, newChain } from "../axon-chain.ts";
import { knowing } from "../killed/clock.ts";
import { faultsIn } from "../killed/state.ts";
import { runKilled } from "../killed/victim.ts";
import { lastVotes, longestGap, PodWatch, rash } from "../killed/watch.ts";
import { builds, endings, type Scenario, scenarios } from "./scenario.ts";

const NAME = "random";
const GOOD = "v0.3.1";

/** Milliseconds from block to block, and after how many of them without one the chain stalls. */
const INTERVAL = 300;
const IDLE = stallLimit({ interval: INTERVAL, round: (INTERVAL * 45) / 10, doublings: 5 }, 0);

let cluster: Cluster;
let pods: Pods;
let chain: AxonChain;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, { tags: { [GOOD]: {} } });
  const values = { chain: { consensus: { interval: INTERVAL } } };
  chain = await newChain(cluster, NAME, { values });
  await chain.roll({});
}, 1_200_000);
afterAll(async () => {
  await pods?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

const podPath = (at: number) => `/api/v1/namespaces/${NAME}/pods/axon-v${at}-0`;

/** What somebody else does; what they are refused is their affair. */
async function happen({ fault, victim }: Scenario): Promise<void> {
  const [one, other] = [victim, (victim + 1) % 5].map((at) => `${NAME}/axon-v${at}-0`) as [
    string,
    string,
  ];
  switch (fault) {
    case "the API server is away":
      await cluster.gate.close();
      setTimeout(() => cluster.gate.open(), 4000);
      return;
    case "somebody deletes a pod":
      return cluster.api.delete(podPath(victim));
    case "a node is drained": {
      const metadata = { name: `axon-v${victim}-0`, namespace: NAME };
      const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata };
      await cluster.api.create(`${podPath(victim)}/eviction`, eviction);
      return;
    }
    case "two validators lose each other":
      await pods.cut(one, other);
      setTimeout(() => pods.mend(one, other), 6000);
  }
}

const limits = { validatorTimeout: 25_000, patience: 20_000, deadline: 300_000 };

type Ending = { outcome: string; why: string };

const endingOf = async (report: Report): Promise<Ending> => ({
  outcome: String(report.outputs.outcome),
  why: await told(report),
});

/** Why it says that it failed, and what the validators themselves have written down. */
async function told({ failure }: Report): Promise<string> {
  if (!failure) return "";
  const ages = lastVotes(await pods.signatures(), Date.now());
  return `${failure.why} Last votes, in ms ago: ${JSON.stringify(Object.fromEntries(ages))}`;
}

/** How the rollout ends, with a second run if the first one was cut off. */
async function rollOut(scenario: Scenario, tag: string): Promise<Ending> {
  const values = { image: { tag } };
  const { fault, after: count, victim } = scenario;
  if (fault === "it is killed") {
    const phase = victim % 2 === 0 ? "before" : "after";
    const point = { request: 10 * count + victim, phase } as const;
    await runKilled(cluster, await chain.inputs(values, limits), point);
  } else {
    const context = knowing();
    const cancel = () => context.stop.abort(cancelled("GitHub cancelled it."));
    const disturb = () => happen(scenario).catch(() => {});
    after(count, fault === "it is cancelled" ? cancel : disturb, context);
    try {
      return await endingOf((await chain.roll(values, limits, context)).report);
    } catch (error) {
      if (!(error instanceof ActionError) || error.code !== "cancelled") throw error;
    }
  }
  return endingOf((await chain.roll(values, limits, knowing())).report);
}

/** What is wrong with a rollout that is said to have ended so. */
async function wrongIn(
  scenario: Scenario,
  { outcome, why }: Ending,
  { tag, since }: { tag: string; since: number },
): Promise<string[]> {
  const gap = longestGap(await pods.signatures(), since);
  const known = endings(scenario);
  const wrong = known.includes(outcome)
    ? []
    : [`it is ${outcome}, without a block for ${gap} ms: ${why}`];
  if (outcome !== "done" && outcome !== "taken-back") return wrong;
  return [...wrong, ...(await faultsIn(cluster, NAME, outcome === "done" ? tag : GOOD))];
}

let number = 0;

/** One rollout, and one back to the version before it: what is wrong with either. */
async function tryOut(scenario: Scenario): Promise<string[]> {
  number += 1;
  const tag = `v0.3.1-${scenario.build}-${number}`;
  const behaviour = builds[scenario.build];
  if (behaviour) pods.tag(tag, behaviour);
  using watch = new PodWatch(cluster, NAME);
  const { since } = watch;
  const wrong = await wrongIn(scenario, await rollOut(scenario, tag), { tag, since });
  // What others take away may be a vote that was needed; who lost the others has none to lose.
  const ours = !["somebody deletes a pod", "two validators lose each other"].includes(
    scenario.fault,
  );
  const early = ours ? rash(watch.deletions, await pods.signatures(), { idleMs: IDLE }) : [];
  const { report } = await chain.roll({ image: { tag: GOOD } }, limits, knowing());
  const back = report.outputs.outcome === "done" ? [] : [`after it: ${await told(report)}`];
  return [...wrong, ...early, ...back, ...(await faultsIn(cluster, NAME, GOOD))];
}

test("rollouts by chance end as they say, and take no vote that is needed", async () => {
  const since = Date.now();
  const { numRuns, seed = Date.now() } = chance(3, 10);
  const faults: string[] = [];
  let passed = 0;
  for (const scenario of fc.sample(scenarios, { numRuns, seed })) {
    const found = await tryOut(scenario).catch((error) => [String(error)]);
    if (found.length === 0) passed += 1;
    faults.push(...found.map((fault) => `${JSON.stringify(scenario)}: ${fault}`));
  }
  claim("Rollouts by chance on a control plane, with Overlord", {
    ...{ tried: numRuns, passed, unit: "rollouts", since },
  });
  expect(faults).toEqual([]);
}, 10_800_000);

test("no key has ever signed two blocks at one height", async () => {
  const signatures = await pods.signatures();

  expect(signatures.votes().length).toBeGreaterThan(100);
  expect(signatures.equivocations()).toEqual([]);
  expect(signatures.usedTwice()).toEqual([]);
});
