import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { table } from "@playbook/action";
import { type Cluster, type Pods, startCluster, startPods, temporaryFolder } from "@playbook/world";
import { type AxonChain, newChain } from "../../actions/helm-rollout-axon/test/axon-chain.ts";
import { measure } from "./measured.ts";

const OLD = "v0.3.1";
const NEW = "v0.3.2";
const BROKEN = "v0.3.3";
/** As long as one takes that has a database to open and blocks to catch up with. */
const LONG = "v0.3.4";
const LONG_MS = 100_000;
const INTERVAL_MS = 1000;
const MINUTE = 60_000;

/** All who vote have voted in so long. */
const RECENT_MS = 2.5 * INTERVAL_MS;

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const PROCESS = path("../../actions/helm-rollout-axon/test/process.ts");
const CHART = path("../../actions/helm-rollout-axon/chart");

type Way = "ours" | "all at once" | "helm --atomic";

type Row = {
  name: string;
  /** From the beginning until all vote at one version, in milliseconds; null when they do not. */
  took: number | null;
  /** Of that, what the nodes themselves were away, one after the other. */
  away: number | null;
  blocks: number;
  due: number;
  longestGap: number;
  requests: number;
  peakMiB: number;
};

/** Rollouts on a real control plane with Overlord, ours beside what people do, as a table. */
export async function benchAxon(say: (line: string) => void): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const nodes = Array.from({ length: 7 }, (_, at) => ({
    name: `node-${at}`,
    zone: `us-east-1${"abc"[at % 3]}`,
  }));
  const cluster = stack.use(await startCluster({ nodes }));
  const tags = {
    [OLD]: {},
    [NEW]: {},
    [BROKEN]: { crashAfterMs: 100 },
    [LONG]: { startDelayMs: LONG_MS },
  };
  const pods = stack.use(await startPods(cluster, { tags }));
  const rows: Row[] = [];
  for (const [count, tag, kind] of [
    [5, NEW, "sound"],
    [7, NEW, "sound"],
    [5, BROKEN, "crashing"],
    [5, LONG, `${LONG_MS / 1000} s to start`],
  ] as const) {
    const ways: Way[] = tag === LONG ? ["ours"] : ["ours", "all at once", "helm --atomic"];
    for (const way of ways) {
      const name = `${count} validators, ${kind}: ${way}`;
      say(name);
      rows.push({ ...(await bench(cluster, pods, way, count, tag)), name });
    }
  }
  return table(
    ["", "time", "nodes away", "overhead", "blocks, of", "longest gap", "API requests", "memory"],
    rows.map((row) => [
      row.name,
      row.took === null ? "never" : seconds(row.took),
      row.away === null ? "" : seconds(row.away),
      row.took === null || row.away === null ? "" : percent(row.took / row.away - 1),
      `${row.blocks} of ${row.due}`,
      seconds(row.longestGap),
      row.requests,
      row.peakMiB === 0 ? "" : `${Math.round(row.peakMiB)} MiB`,
    ]),
  );
}

let made = 0;

async function bench(cluster: Cluster, pods: Pods, way: Way, count: number, tag: string) {
  made += 1;
  const namespace = `bench-${made}`;
  const values = { chain: { consensus: { interval: INTERVAL_MS } } };
  const chain = await newChain(cluster, namespace, { count, values });
  await chain.roll({});
  const watch = watchHeads(pods, namespace, count);
  await sleep(5 * INTERVAL_MS);
  cluster.gate.forget();
  const began = Date.now();
  const ended = way === "ours" ? await ours(chain, tag) : await theirs(cluster, chain, way, tag);
  const whole = await isWhole(cluster, pods, namespace, count, began);
  const took = whole ? Date.now() - began : null;
  const seen = await watch.stop(began);
  const isOneByOne = way === "ours" && tag !== BROKEN && whole;
  const away = isOneByOne ? await awayFor(pods, namespace, count, began) : null;
  await cluster.api.delete(`/api/v1/namespaces/${namespace}`);
  for (let at = 0; at < count; at += 1) {
    await cluster.api.delete(`/apis/apps/v1/namespaces/${namespace}/statefulsets/axon-v${at}`);
  }
  const requests = ended.requests;
  return { took: way === "ours" && whole ? ended.ms : took, away, ...seen, ...ended, requests };
}

async function ours(chain: AxonChain, tag: string) {
  await using folder = await temporaryFolder("bench-axon");
  const file = join(folder.path, "inputs.json");
  const limits = { validatorTimeout: tag === LONG ? 5 * MINUTE : MINUTE, deadline: 20 * MINUTE };
  await writeFile(file, JSON.stringify(await chain.inputs({ image: { tag } }, limits)));
  const { PATH = "" } = process.env;
  const command = {
    command: process.execPath,
    args: [PROCESS, file],
    cwd: folder.path,
    env: { PATH },
  };
  const { ms, peakMiB } = await measure(command, 20 * MINUTE);
  return { ms, peakMiB, requests: chain.cluster.gate.requests().length };
}

async function theirs(cluster: Cluster, chain: AxonChain, way: Way, tag: string) {
  await using folder = await temporaryFolder("bench-helm");
  const file = join(folder.path, "values.json");
  const { set } = await chain.inputs({ image: { tag }, rollout: { hold: false } });
  await writeFile(file, JSON.stringify(set));
  const atomic =
    way === "helm --atomic" ? ["--rollback-on-failure", "--wait", "--timeout", "90s"] : [];
  const args = [
    "upgrade",
    "axon",
    CHART,
    "-n",
    chain.namespace,
    "--values",
    file,
    "--force-conflicts",
  ];
  const began = Date.now();
  await cluster.helm([...args, ...atomic], { env: { HELM_DRIVER: "configmap" } }).catch(() => {});
  const requests = cluster.gate.requests().length;
  return { ms: Date.now() - began, peakMiB: 0, requests };
}

/** Heads as the nodes tell them, every 50 ms. */
function watchHeads(pods: Pods, namespace: string, count: number) {
  const seen: { height: number; at: number }[] = [];
  let on = true;
  const looking = (async () => {
    while (on) {
      const names = Array.from({ length: count }, (_, at) => `${namespace}/axon-v${at}-0`);
      const heads = await Promise.all(names.map((name) => headOf(pods, name)));
      const height = Math.max(...heads);
      if (height > (seen.at(-1)?.height ?? 0)) seen.push({ height, at: Date.now() });
      await sleep(50);
    }
  })();
  return {
    stop: async (began: number) => {
      on = false;
      await looking;
      const times = [...seen.filter(({ at }) => at >= began).map(({ at }) => at), Date.now()];
      const gaps = times.map((at, index) => at - (times[index - 1] ?? began));
      const due = Math.floor((Date.now() - began) / INTERVAL_MS);
      return { blocks: times.length - 1, due, longestGap: Math.max(...gaps) };
    },
  };
}

async function headOf(pods: Pods, pod: string): Promise<number> {
  try {
    const answer = await fetch(`http://${pods.addressOf(pod)}:8000`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_blockNumber", params: [] }),
      signal: AbortSignal.timeout(500),
    });
    return Number(((await answer.json()) as { result: string }).result);
  } catch {
    return 0;
  }
}

/** Whether all run one version and vote, within two minutes. */
async function isWhole(
  cluster: Cluster,
  pods: Pods,
  namespace: string,
  count: number,
  began: number,
): Promise<boolean> {
  for (const end = Date.now() + 2 * MINUTE; Date.now() < end; await sleep(200)) {
    const found = await cluster.api.list(`/api/v1/namespaces/${namespace}/pods`);
    const tags = new Set(found.map(({ spec }) => spec.containers[0].image));
    const names = found.map(({ metadata }) => `${namespace}/${metadata.name}`);
    const votes = (await pods.signatures()).votes().filter(({ at }) => at > Date.now() - RECENT_MS);
    const voters = new Set(votes.filter(({ pod }) => names.includes(pod)).map(({ pod }) => pod));
    const settled = Date.now() - began > RECENT_MS;
    if (settled && tags.size === 1 && found.length === count && voters.size === count) return true;
  }
  return false;
}

/** How long the validators were without a vote, each between its processes, together. */
async function awayFor(pods: Pods, namespace: string, count: number, began: number) {
  const { lines } = await pods.signatures();
  let away = 0;
  for (let at = 0; at < count; at += 1) {
    const own = lines.filter((line) => line.pod === `${namespace}/axon-v${at}-0`);
    const votes = own.filter((line) => line.event === undefined);
    for (const start of own.filter((line) => line.event === "started" && line.at >= began)) {
      const before = votes.findLast((vote) => vote.at <= start.at);
      const after = votes.find((vote) => vote.at >= start.at);
      if (before && after) away += after.at - before.at;
    }
  }
  return away;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
