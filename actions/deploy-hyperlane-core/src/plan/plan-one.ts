import type { Context } from "@playbook/action";
import {
  connectionTo,
  type Quorums,
  type RpcUrl,
  reachChain,
  unreachable,
} from "@playbook/broadcast";
import type { Address, FeeOverride, Plan, PlannedChain, Step } from "@playbook/evm";
import {
  connect,
  Endpoint,
  insisting,
  NodesDisagree,
  planDigest,
  RpcUnreachable,
  withFees,
  within,
} from "@playbook/evm";
import {
  type Desired,
  type Domains,
  desiredOn,
  ledgerSteps,
  lookedUp,
  observe,
  planChain,
  type Source,
} from "@playbook/hyperlane";
import { digestOf } from "@playbook/state";
import { type ChainPart, type Entry, entryText } from "../document.ts";
import { assertIndexed, withDataGas } from "./arbitrum.ts";
import { assertDeployable } from "./deployable.ts";
import { assertFitting, withinCap } from "./fitting.ts";

export type ChainInputs = {
  repository: string;
  environment: string;
  commit: string | null;
  sender: Address;
  rpcUrls: RpcUrl[];
  quorum?: Quorums;
  fees?: FeeOverride[];
};

/** A chain's part, with what a person is told of it. */
export type PlannedPart = ChainPart & {
  /** The wish with what stands at the addresses that it names; undefined where it names none. */
  named: Desired | undefined;
  planned: PlannedChain;
};

/** Looks at a chain and plans what it lacks. Throws what keeps it from being asked. */
export async function planOne(
  source: Source,
  domains: Domains,
  inputs: ChainInputs,
  context: Context,
): Promise<PlannedPart> {
  const { chain, config, configText, metadata, known } = source;
  const { sender } = inputs;
  assertDeployable(chain);
  const desired = desiredOn(chain.name, config, domains);
  const given = inputs.rpcUrls.filter(({ name }) => name === chain.name).map(({ value }) => value);
  const urls = given.length > 0 ? given : chain.rpcUrls.map(({ http }) => http);
  const wire = connect(urls, connectionTo(chain.name, { quorum: inputs.quorum, context }));
  const priced = withFees(chain, inputs.fees);
  const { planned, rpc } = await reachChain(priced, urls, sender, context, wire);
  const heard = <Answer>(asking: () => Promise<Answer>) =>
    within(chain.name, rpc, () =>
      asking().catch((error: unknown) => {
        throw isAway(error) ? unreachable(chain, urls, error.message) : error;
      }),
    );
  const looking = () => heard(() => observe(rpc, { desired, signer: sender, known }));
  assertIndexed(planned, metadata);
  const observed = await insisting(looking, context.clock);
  const core = planChain(desired, observed, sender);
  const { gasLimit } = await heard(() => new Endpoint(rpc).head());
  assertFitting(chain.name, core.steps, gasLimit);
  const own = await heard(() => withinCap(ledgerSteps(core), planned, rpc));
  const steps = await heard(() => withDataGas(own, planned, rpc));
  const entry: Entry = {
    ...{ name: chain.name, chainId: chain.chainId, metadata, config: configText, domains },
    known: defined(known),
    addresses: defined(core.addresses),
    since: observed.core?.since ?? null,
    changes: core.changes,
    proposals: core.proposals,
    scheduled: core.scheduled,
  };
  const ready = { ...planned, firstNonce: core.firstNonce };
  const plan = steps.length > 0 ? evmPlan(steps, entry, ready, inputs) : null;
  const named = await heard(() => lookedUp(rpc, desired, observed));
  return { entry, plan, named, planned: ready };
}

/** Whether a chain has stopped answering, or its nodes do not say alike: that holds no other up. */
function isAway(error: unknown): error is Error {
  return error instanceof RpcUnreachable || error instanceof NodesDisagree;
}

/** The transactions as the ledger takes them, named by what they are. */
function evmPlan(
  steps: Step[],
  entry: Entry,
  planned: PlannedChain,
  { repository, environment, commit, sender }: ChainInputs,
): Plan {
  const text = Buffer.from(entryText(entry));
  const plan: Plan = {
    format: "playbook.plan",
    version: 1,
    deployment: { repository, environment, release: `hyperlane-core ${entry.name}` },
    sender,
    commit,
    chains: [planned],
    scripts: [{ line: WHAT, target: WHAT, signature: null, arguments: [] }],
    steps,
    files: [{ path: "core.json", digest: digestOf(text), size: text.length }],
    records: null,
  };
  const own = planDigest(plan).slice("sha256:".length, "sha256:".length + 12);
  const release = `hyperlane-core ${entry.name} ${own}`;
  return { ...plan, deployment: { ...plan.deployment, release } };
}

/** How a plan of this action is told from another's. */
const WHAT = "hyperlane core";

function defined(addresses: Partial<Record<string, Address>>): Record<string, Address> {
  const entries = Object.entries(addresses).filter(
    (one): one is [string, Address] => one[1] !== undefined,
  );
  return Object.fromEntries(entries);
}
