import { ActionError, type Context, need, type Report } from "@playbook/action";
import { lossOf } from "@playbook/backup";
import type { VolumeParts } from "./claim.ts";
import { type Passed, reportOf, type Seen } from "./drill-report.ts";
import { forgetImported } from "./imported.ts";
import { Nodes } from "./nodes.ts";
import { type Inputs, type Prepared, prepare } from "./prepare.ts";

import { checkForgotten, checkScratch, SCRATCH } from "./scratch.ts";
import { checkParts } from "./soundness.ts";
import type { Rendered, Target } from "./target.ts";
import { clearVolume, fillVolumes } from "./volumes.ts";

/** How many blocks are read back from the newest one on, each named by its successor. */
const BLOCKS = 32;

/**
 * Restores the newest backup into a scratch namespace, on a node without keys and without peers,
 * and reads its blocks. Its age and result are outputs; a drill that fails fails the run.
 */
export async function drill(inputs: Inputs, context: Context): Promise<Report> {
  const className = need(inputs.storageClass, "storage-class", inputs.mode);
  const storage = { className, class: { create: false } };
  const set = merged(inputs.set, { ...SCRATCH, storage });
  await using stack = new AsyncDisposableStack();
  const seen: Seen = { began: context.clock.now() };
  try {
    const prepared = await prepare({ ...inputs, set }, stack, context);
    seen.backup = prepared.backup;
    seen.base = prepared.base;
    const passed = await tryOut(prepared, { inputs, className, seen }, context);
    return reportOf(inputs, seen, passed, context);
  } catch (error) {
    if (context.signal.aborted || !(error instanceof ActionError)) throw error;
    return reportOf(inputs, seen, error, context);
  }
}

type Trying = { inputs: Inputs; className: string; seen: Seen };

async function tryOut(
  prepared: Prepared,
  { inputs, className, seen }: Trying,
  context: Context,
): Promise<Passed> {
  const { kube, bucket, backup, old, target, sync } = prepared;
  const { manifest } = backup;
  await checkForgotten(kube, className);
  await checkScratch(prepared, inputs);
  seen.loss = lossOf(manifest.block, old ? await old.head(manifest) : null);
  const parts = { kube, bucket, manifest, inputs, context };
  const nodes = new Nodes(kube, inputs, manifest, context);
  await clear(parts, target, sync);
  try {
    await checkParts(prepared, { unknown: "read" }, context);
    await target.install();
    return await readBack(parts, target, nodes, sync);
  } finally {
    if (!inputs.keepDrill) await clear(parts, target, sync);
  }
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
