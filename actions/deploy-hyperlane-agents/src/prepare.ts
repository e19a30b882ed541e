import type { Context } from "@playbook/action";
import {
  agentChanges,
  agentReleases,
  notOverruled,
  OVERRULED_BY,
  type Quorum,
  type Refusal,
  refusalsOfKeys,
  type Validator,
  withBudgets,
} from "@playbook/hyperlane";
import { KubeClient } from "@playbook/kube";
import { errorsFirst, type Finding } from "@playbook/release";
import { Chains } from "./chains.ts";
import { openCloud } from "./cloud.ts";
import { type Entry, entriesOf } from "./entry.ts";
import { readSources, type Sources } from "./files.ts";
import { judge } from "./findings.ts";
import { type FundingSight, lookAtFunding } from "./funding/sight.ts";
import { type Funding, fundingOf } from "./funding/targets.ts";
import type { Funds } from "./funds.ts";
import { lookAtFunds, lookAtKeys, lookAtSecrets } from "./preflight.ts";
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
  const made = await releases.rendered(agentReleases(sources.agents, sources.config));
  const entries = async () => {
    const installed = await releases.installed();
    const wanted = withBudgets(made.releases, installed);
    return entriesOf(agentChanges(wanted, installed), installed);
  };

  const funding = fundingOf(inputs, sources.chains) ?? null;
  const chains = new Chains(sources.chains, inputs, context);
  const watch = new Watch({ kube, namespace, chains, context });
  const all = await entries();
  const sight = await watch.look(all);
  const [keys, secrets, funds] = await Promise.all([
    lookAtKeys(all, cloud.session, context),
    lookAtSecrets(all, kube, namespace),
    lookAtFunds(sight, chains),
  ]);
  const { repository, state } = inputs;
  const kept = { fleet: { repository, namespace }, state };
  const fundingSight =
    funding && (await lookAtFunding(funding, { funds, chains, ...kept }, cloud.session, context));
  const refusals = refusalsIn(sources, sight.quorums, inputs);
  const seen = { sight, keys, secrets, funds, funding: fundingSight, refusals };
  const found = judge({ ...seen, chains: sources.chains });
  const findings = [...made.findings, ...found].sort(errorsFirst);
  const parts = { kube, releases, watch, entries, sight, chains, funds };
  return { ...parts, funding, fundingSight, findings };
}

/** What the policy has against the list, by the sets that chains have already. */
function refusalsIn(
  { agents }: Sources,
  quorums: readonly Quorum[],
  inputs: Pick<Inputs, "allowSharedKeys" | "allowOneOperator" | "allowOnePlace">,
): Refusal[] {
  const relayers = Object.values(agents.relayers).flatMap(({ instances }) =>
    instances.map(({ address }) => address),
  );
  const all = Object.entries(agents.validators).flatMap(([chain, own]) => {
    const validators: Validator[] = own.map(({ address, operator, zone, node }) => ({
      address,
      ...(operator && { operator }),
      ...(zone && { zone }),
      ...(node && { node }),
    }));
    const addresses = validators.map(({ address }) => address);
    const sets = quorums.filter((set) => set.validators.some((one) => addresses.includes(one)));
    const group: Quorum = {
      name: `the list of ${chain}`,
      validators: addresses,
      threshold: Infinity,
    };
    const keys = { validators, relayers, deployers: [] };
    return refusalsOfKeys([...sets, group], chain, keys);
  });
  return notOverruled(distinct(all), {
    [OVERRULED_BY["shared-key"]]: inputs.allowSharedKeys,
    [OVERRULED_BY["one-operator"]]: inputs.allowOneOperator,
    [OVERRULED_BY["one-place"]]: inputs.allowOnePlace,
  });
}

/** A key of many sets is one finding: the first set that has it. */
function distinct(refusals: Refusal[]): Refusal[] {
  const first = new Map<string, Refusal>();
  for (const one of refusals) {
    const key = `${one.rule} ${one.chain}`;
    if (!first.has(key)) first.set(key, one);
  }
  return [...first.values()];
}
