import type { Context } from "@playbook/action";
import { agentChanges, agentReleases, withBudgets, withDatabases } from "@playbook/hyperlane";
import { KubeClient } from "@playbook/kube";
import { errorsFirst, type Finding } from "@playbook/release";
import { Chains } from "./chains.ts";
import { openCloud } from "./cloud.ts";
import { type Entry, entriesOf } from "./entry.ts";
import { readSources } from "./files.ts";
import { judge } from "./findings.ts";
import { type FundingSight, lookAtFunding } from "./funding/sight.ts";
import { type Funding, fundingOf } from "./funding/targets.ts";
import type { Funds } from "./funds.ts";
import { refusalsIn } from "./policy.ts";
import { lookAtFunds, lookAtKeys, lookAtSecrets, lookAtTrees } from "./preflight.ts";
import { Releases } from "./releases.ts";
import type { Inputs } from "./run.ts";
import type { Sight } from "./sight.ts";
import { Watch } from "./watch.ts";

/** All that a plan and a rollout begin with. */
export type Prepared = {
  kube: KubeClient;
  releases: Releases;
  watch: Watch;
  /** What is to be there, as far as the chart takes it, against what is there now. */
  entries: () => Promise<Entry[]>;
  sight: Sight;
  chains: Chains;
  funds: Funds[];
  /** Who pays agents, and what is to be paid; null when it is none of this run's business. */
  funding: Funding | null;
  fundingSight: FundingSight | null;
  findings: Finding[];
};

/** Looks at everything, and changes nothing. */
export async function prepare(
  inputs: Inputs,
  context: Context,
  stack: AsyncDisposableStack,
): Promise<Prepared> {
  const { namespace } = inputs;
  const sources = await readSources(inputs, context, stack);
  const cloud = await openCloud(inputs, context);
  const kube = new KubeClient(cloud.connection, context);
  const given = { ...inputs, values: sources.values };
  const releases = stack.use(await Releases.open(kube, given, context));
  const listed = agentReleases(sources.agents, sources.config);
  const made = await releases.rendered(withDatabases(listed, await releases.recorded()));
  const entries = async () => {
    const installed = await releases.installed();
    const wanted = withBudgets(made.releases, installed);
    return entriesOf(agentChanges(wanted, installed), installed);
  };

  const funding = fundingOf(inputs, sources.chains) ?? null;
  const chains = new Chains(sources.chains, inputs, context);
  const { allowUnknownIsms } = inputs;
  const watch = new Watch({ kube, namespace, chains, allowUnknownIsms, context });
  const all = await entries();
  const sight = await watch.look(all);
  const [keys, secrets, funds, trees] = await Promise.all([
    lookAtKeys(all, cloud.session, context),
    lookAtSecrets(all, kube, namespace),
    lookAtFunds(sight, chains),
    lookAtTrees(sight, context),
  ]);
  const { repository, state } = inputs;
  const kept = { fleet: { repository, namespace }, state };
  const fundingSight =
    funding && (await lookAtFunding(funding, { funds, chains, ...kept }, cloud.session, context));
  const refusals = refusalsIn(sources.agents, sight.quorums, inputs);
  const seen = { sight, keys, secrets, funds, funding: fundingSight, refusals, trees };
  const found = judge({ ...seen, chains: sources.chains });
  const findings = [...made.findings, ...found].sort(errorsFirst);
  const parts = { kube, releases, watch, entries, sight, chains, funds };
  return { ...parts, funding, fundingSight, findings };
}
