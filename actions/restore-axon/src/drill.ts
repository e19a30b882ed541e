import { ActionError, type Context, need, type Report, table } from "@playbook/action";
import {
  type Loss,
  lossOf,
  lossText,
  type Manifest,
  storageClasses,
  timeText,
  type Whole,
} from "@playbook/backup";
import type { KubeClient } from "@playbook/kube";
import { GENESIS, type VolumeParts } from "./claim.ts";
import { forgetImported } from "./imported.ts";
import { Nodes } from "./nodes.ts";
import { type Inputs, prepare } from "./prepare.ts";
import { backupTable, baseText, catchUpMs, GROUPS } from "./summary.ts";
import type { Rendered, Target } from "./target.ts";
import { clearVolume, fillVolumes } from "./volumes.ts";

/** How many blocks are read back from the newest one on, each named by its successor. */
const BLOCKS = 32;

/** Nothing of a drill may hold a key, reach the live chain or outlast it. */
const SCRATCH = {
  keys: { source: "secret" },
  network: { bootstraps: [], policy: { enabled: true, peers: [] } },
  rpc: { enabled: false },
  metrics: { serviceMonitor: { enabled: false } },
  priority: { create: false },
};

type Passed = { height: number; blocks: number; filledMs: number; startedMs: number };

/**
 * Restores the newest backup into a scratch namespace, on a node without keys and without peers,
 * and reads its blocks. Its age and result are outputs; a drill that fails fails the run.
 */
export async function drill(inputs: Inputs, context: Context): Promise<Report> {
  const className = need(inputs.storageClass, "storage-class", inputs.mode);
  const storage = { className, class: { create: false } };
  const set = merged(inputs.set, { ...SCRATCH, storage });
  await using stack = new AsyncDisposableStack();
  const prepared = await prepare({ ...inputs, set }, stack, context);
  const { kube, bucket, backup, base, old, target, sync } = prepared;
  await checkForgotten(kube, className);
  const { manifest } = backup;
  const loss = lossOf(manifest.block, old ? await old.head(manifest) : null);
  const parts = { kube, bucket, manifest, inputs, context };
  const nodes = new Nodes(kube, inputs, manifest, context);
  const began = context.clock.now();
  await clear(parts, target, sync);
  try {
    await target.install();
    const passed = await readBack(parts, target, nodes, sync);
    return report(manifest, { base, loss, passed, now: context.clock.now(), began });
  } catch (error) {
    if (context.signal.aborted || !(error instanceof ActionError)) throw error;
    return report(manifest, { base, loss, failure: error, now: context.clock.now(), began });
  } finally {
    if (!inputs.keepDrill) await clear(parts, target, sync);
  }
}

/**
 * Each drill would leave a disk behind, which nobody claims and which costs. Throws
 * `drill-retains`.
 */
async function checkForgotten(kube: KubeClient, name: string): Promise<void> {
  const { reclaimPolicy } = await kube.get({ resource: storageClasses, name });
  if (reclaimPolicy !== "Retain") return;
  throw new ActionError("drill-retains", {
    what: `StorageClass ${name} retains its volumes.`,
    why: "Each drill would leave a disk of the chain's size behind.",
    next: "Give `storage-class` one with reclaim policy Delete.",
  });
}

async function readBack(
  parts: VolumeParts,
  target: Target,
  nodes: Nodes,
  sync: Rendered,
): Promise<Passed> {
  const { context, manifest } = parts;
  const from = context.clock.now();
  await fillVolumes(parts, [{ set: sync, content: manifest }]);
  const filled = context.clock.now();
  await target.start(sync.name);
  const pod = `${sync.name}-0`;
  await nodes.agreed([pod]);
  const started = context.clock.now();
  using node = nodes.rpc(pod);
  const chain = await node.chain();
  if (chain.genesisHash !== manifest.chain.genesisHash) {
    throw unlike(`Its genesis is ${chain.genesisHash}, and not ${manifest.chain.genesisHash}.`);
  }
  let block = await node.block("latest");
  const height = block?.height ?? 0;
  let blocks = 0;
  while (block && blocks < BLOCKS && block.height > 0) {
    const before = await node.block(block.height - 1);
    if (before?.hash !== block.parentHash) {
      throw unlike(`Block ${block.height} follows ${block.parentHash}, which is not there.`);
    }
    block = before;
    blocks += 1;
  }
  return { height, blocks, filledMs: filled - from, startedMs: started - filled };
}

async function clear(parts: VolumeParts, target: Target, sync: Rendered): Promise<void> {
  await target.uninstall();
  await clearVolume(parts, sync);
  const { kube, inputs, context } = parts;
  // A cluster that restores from the bucket need not know snapshots at all.
  if (inputs.from === "snapshot") await forgetImported(kube, inputs.namespace, context);
}

type Drilled = {
  base: Whole | null;
  loss: Loss;
  now: number;
  began: number;
  passed?: Passed;
  failure?: ActionError;
};

function report(manifest: Manifest, { base, loss, now, began, passed, failure }: Drilled): Report {
  const age = now - Date.parse(manifest.begunAt);
  const took = now - began;
  const disaster = took + GROUPS * catchUpMs(manifest, base);
  const rows = passed
    ? [
        ["read back", `block ${passed.height} and the ${passed.blocks} before it`],
        ["filling the volume", timeText(passed.filledMs)],
        ["until its blocks were there", timeText(passed.startedMs)],
        ["in all", timeText(took)],
        ["a disaster would take, with what validators catch up", timeText(disaster)],
      ]
    : [];
  const title = failure
    ? "The newest backup cannot be restored"
    : "The newest backup can be restored";
  const summary = [
    `## ${title}`,
    backupTable(manifest),
    rows.length > 0 ? table(["", ""], rows) : "",
    `A disaster now would lose ${lossText(loss)}. The backup is ${timeText(age)} old.`,
    baseText(manifest, base),
  ];
  return {
    outputs: {
      ...{ backup: manifest.id, base: base?.id ?? GENESIS },
      ...{ result: failure ? "failed" : "passed" },
      ...{ age: Math.round(age / 1_000), took: Math.round(took / 1_000) },
      ...{ height: passed?.height ?? manifest.block.height },
      ...(passed && { disaster: Math.round(disaster / 1_000) }),
      "lost-blocks": loss.known ? loss.blocks : "unknown",
    },
    summary: `${summary.filter(Boolean).join("\n\n")}\n`,
    ...(failure && { failure }),
  };
}

type Tree = { [name: string]: unknown };

function merged(one: Tree, other: Tree): Tree {
  const result: Tree = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const there = result[name];
    result[name] = isTree(there) && isTree(value) ? merged(there, value) : value;
  }
  return result;
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unlike(why: string): ActionError {
  return new ActionError("restored-differs", {
    what: "What was restored is not the chain of the manifest.",
    why,
    next: "Back the chain up anew, and look into what the node had on its volume.",
  });
}
