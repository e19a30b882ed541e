import { createHash } from "node:crypto";
import { ActionError } from "@playbook/action";
import type { Address } from "@playbook/evm";
import type { AgentConfig } from "./agent-config.ts";
import type { Agents, RelayerAgents, ValidatorAgent } from "./agents.ts";
import type { BucketPlace } from "./checkpoint-bucket.ts";

export type AgentKind = "validator" | "relayer";

/** One agent as a release of the chart of deploy-hyperlane-agents. */
export type AgentRelease = {
  name: string;
  kind: AgentKind;
  /** Who stands in for it when it is gone: a validator's chain, the name of a relayer's routes. */
  group: string;
  address: Address;
  isStandby: boolean;
  /** Whether its release has the disruption budget of its group. */
  hasBudget: boolean;
  needs: AgentNeeds;
  /** The chart's values, but for the budget and for those that all agents have in common. */
  values: Record<string, unknown>;
  /** Of the values: what is installed with another one differs. */
  digest: string;
};

/** What has to be there before an agent can work. */
export type AgentNeeds = {
  key: { id: string; region: string };
  /** The Secret with RPC URLs, and the chains that it needs some of. */
  rpcSecret: string;
  chains: string[];
  /** The chains on which it pays for gas. */
  paysOn: string[];
  /** Of a validator, that of its checkpoints. */
  bucket: BucketPlace | null;
};

type Entry = RelayerAgents["instances"][number] | ValidatorAgent;

/** All releases, chain by chain and then by routes: the order in which they are rolled. */
export function agentReleases(agents: Agents, { chains }: AgentConfig): AgentRelease[] {
  const take = (names: string[]) =>
    Object.fromEntries(names.map((name) => [name, withoutUrls(chains[name] ?? {})]));

  const validators = byName(agents.validators).flatMap(([group, all]) =>
    all.map((one, at) =>
      release({ kind: "validator", group, at }, one, [group], {
        paysOn: [group],
        values: {
          chains: take([group]),
          validator: { originChain: group, bucket: one.bucket },
        },
      }),
    ),
  );
  const relayers = byName(agents.relayers).flatMap(([group, { routes, gasPayment, instances }]) => {
    const ends = distinct(routes.flatMap(({ origin, destination }) => [origin, destination]));
    return instances.map((one, at) =>
      release({ kind: "relayer", group, at }, one, ends, {
        paysOn: distinct(routes.map(({ destination }) => destination)),
        values: {
          group,
          chains: take(ends),
          relayer: { routes, ...(gasPayment && { gasPayment }), standby: one.standby },
        },
      }),
    );
  });
  return [...validators, ...relayers];
}

/**
 * URLs may hold keys, and Helm keeps values where many may read: agents have theirs from a Secret.
 */
function withoutUrls(chain: object): object {
  const entries = Object.entries(chain).filter(([name]) => !/urls$|^blockExplorers$/i.test(name));
  return Object.fromEntries(entries);
}

function distinct(names: string[]): string[] {
  return [...new Set(names)].sort();
}

/** What the chart is given for a release, beside what all agents have in common. */
export function chartValues({ values, hasBudget }: AgentRelease): Record<string, unknown> {
  return { ...values, budget: { create: hasBudget } };
}

/** The nodes that an agent may be on, where the list says it. */
function placeOf({ zone, node }: Entry): { nodeSelector?: Record<string, string> } {
  if (!zone && !node) return {};
  return {
    nodeSelector: {
      ...(zone && { "topology.kubernetes.io/zone": zone }),
      ...(node && { "kubernetes.io/hostname": node }),
    },
  };
}

/** What an agent's release is called; its name in the list is one of its group's alone. */
export function releaseName(kind: AgentKind, group: string, name: string): string {
  return `${kind}-${group}-${name}`;
}

/** `at` is its place in its group. */
function release(
  { kind, group, at }: { kind: AgentKind; group: string; at: number },
  one: Entry,
  chains: string[],
  own: { paysOn: string[]; values: object },
): AgentRelease {
  const { name, address, key, roleArn, rpcSecret } = one;
  const values = {
    agent: kind,
    roleArn,
    key,
    rpc: { secret: rpcSecret },
    ...own.values,
    ...placeOf(one),
  };
  return {
    name: releaseName(kind, group, name),
    ...{ kind, group, address },
    isStandby: "standby" in one && one.standby,
    hasBudget: at === 0,
    needs: {
      ...{ key, rpcSecret, chains, paysOn: own.paysOn },
      bucket: "bucket" in one ? one.bucket : null,
    },
    values,
    digest: createHash("sha256").update(JSON.stringify(values)).digest("hex"),
  };
}

function byName<T>(record: Record<string, T>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A release that is in the cluster, with the digest that it was installed with. */
export type Installed = Pick<
  AgentRelease,
  "name" | "kind" | "group" | "address" | "isStandby" | "hasBudget"
> & {
  digest: string;
};

export type AgentChanges = {
  install: AgentRelease[];
  change: AgentRelease[];
  /** Its release goes; its key, bucket and volume stay. */
  retire: Installed[];
  unchanged: AgentRelease[];
};

/**
 * Who has each group's budget. It stays where it is: another release could not make it before that
 * one is gone. Nobody has it while its owner is yet to retire.
 */
export function withBudgets(wanted: AgentRelease[], installed: Installed[]): AgentRelease[] {
  const groupOf = ({ kind, group }: Installed) => `${kind} ${group}`;
  const owners = new Map(
    installed.filter(({ hasBudget }) => hasBudget).map((one) => [groupOf(one), one.name]),
  );
  return wanted.map((one) => {
    const owner = owners.get(groupOf(one));
    return owner === undefined ? one : { ...one, hasBudget: one.name === owner };
  });
}

/**
 * What is different in the cluster, as one change of all chains and routes. Throws `key-replaced`:
 * an agent with another key is another agent.
 */
export function agentChanges(wanted: AgentRelease[], installed: Installed[]): AgentChanges {
  const there = new Map(installed.map((one) => [one.name, one]));
  for (const one of wanted) checkKey(one, there.get(one.name));
  const names = new Set(wanted.map(({ name }) => name));
  const isSame = ({ name, digest, hasBudget }: AgentRelease) =>
    there.get(name)?.digest === digest && there.get(name)?.hasBudget === hasBudget;
  return {
    install: wanted.filter(({ name }) => !there.has(name)),
    change: wanted.filter((one) => there.has(one.name) && !isSame(one)),
    retire: installed.filter(({ name }) => !names.has(name)),
    unchanged: wanted.filter(isSame),
  };
}

function checkKey({ name, address }: AgentRelease, before: Installed | undefined): void {
  if (before === undefined || before.address === address) return;
  throw new ActionError("key-replaced", {
    what: `${name} would sign as ${address}.`,
    why: `It signs as ${before.address}, which is what chains and their ISMs know it by.`,
    next: "List the new key under another name, and take the old one out when no ISM has it.",
  });
}
