import { later, type Report } from "@playbook/action";
import { type ChainDone, type Plan, planDigest } from "@playbook/evm";
import type { Digest } from "@playbook/state";
import type { Run } from "./apply.ts";
import {
  addressesOf,
  type ManifestLog,
  openManifests,
  recordManifest,
  transactionsOf,
} from "./manifest.ts";
import { type DonePart, partsUpTo } from "./parts.ts";
import { type Gathered, gather, writeRelease } from "./release-folder.ts";
import type { Verdict } from "./rights.ts";
import { summarize } from "./summary.ts";

/** A plan of which nothing is left to be sent. */
type Ended = {
  plan: Plan;
  done: Map<string, ChainDone>;
  /** True when this very run began the release. */
  isNew: boolean;
};

/** What a release's end is written from, being read. */
type Sources = { manifests: ManifestLog; parts: Promise<DonePart[]>; gathering: Promise<Gathered> };

/** Begins to read what `conclude` needs. */
export function findSources(run: Run, { plan, done, isNew }: Ended): Sources {
  const { inputs, opened, writer, context } = run;
  const { store } = opened;
  const parts = later(partsUpTo(store, { plan, done }));
  const from = { store, rpcUrls: inputs.rpcUrls, context };
  return {
    manifests: openManifests({ store, deployment: plan.deployment, writer, isNew }),
    parts,
    gathering: later(parts.then((all) => gather(all, from))),
  };
}

type Conclusion = Ended & {
  sources: Sources;
  /** Transactions that this run sent. */
  sent: number;
  /** What the key holds; absent when nothing is sent any more. */
  verdict?: Verdict | undefined;
};

/** Writes the manifest of the environment and the folder of the release. */
export async function conclude(
  { inputs, opened: { store }, writer, context }: Run,
  { plan, done, sent, verdict, isNew, sources }: Conclusion,
): Promise<Report> {
  const digest: Digest = planDigest(plan);
  const [stored, parts, gathered] = await Promise.all([
    recordManifest({ store, plan, digest, done, writer, isNew }, sources.manifests),
    sources.parts,
    sources.gathering,
  ]);
  const addresses = addressesOf(...parts.map((part) => part.plan));
  const transactions = parts.flatMap((part) => transactionsOf(part.plan, part.done));
  const summary = summarize({ plan, done, sent, stored, verdict });
  const contents = { ...gathered, plan, stored, addresses, transactions, summary };
  await writeRelease(inputs, contents, context);
  return {
    outputs: {
      "plan-digest": digest,
      steps: plan.steps.length,
      changed: sent > 0,
      addresses,
      manifest: stored.location,
      "manifest-digest": stored.digest,
    },
    summary,
  };
}
