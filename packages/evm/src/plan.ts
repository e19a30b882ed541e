import { ActionError, reason } from "@playbook/action";
import { canonical, type Digest, digestOf } from "@playbook/state";
import { z } from "zod";
import { chainMetadata } from "./chain.ts";
import { address, count, hex, wei } from "./primitives.ts";

/**
 * What a deployment is called. The same name is the same deployment: it is continued when it is
 * unfinished, and left alone when it is finished.
 */
const deployment = z.object({
  /** `owner/name`. */
  repository: z.string().min(1),
  environment: z.string().min(1),
  /** A tag, a commit, a date: whatever tells one release of an environment from the next. */
  release: z.string().min(1),
});

const created = z.object({
  address,
  /** `Vault`, or what else is known; null for a contract that nobody named. */
  contract: z.string().nullable(),
});

/** Why a step is sent only when the receipts of all that it depends on are there. */
const waitReason = z.enum(["value", "role", "ownership", "upgrade"]);

const step = z.object({
  /** `<chain>/<position on that chain, from 0>`; the same position has the same nonce offset. */
  id: z.string().min(1),
  chain: z.string().min(1),
  /** Index into `scripts`. */
  script: count,
  /** The nonce that it was simulated with, and the only one that it may be sent with. */
  nonce: count,
  kind: z.enum(["create", "create2", "call", "transfer"]),
  /** Null for a create; the factory for a create2. */
  to: address.nullable(),
  value: wei,
  data: hex,
  /** Gas limit: what the simulation used, times the margin. */
  gas: count,
  /** What a person reads: `Vault.grantRole(MINTER, 0x…)`, `new Vault(…)`. */
  label: z.string(),
  /** Every contract that exists after it and did not before, those made inside the call included. */
  creates: z.array(created),
  /** Ids of the steps on the same chain without which it makes no sense. */
  after: z.array(z.string()),
  waits: waitReason.nullable(),
});

const plannedChain = z.object({
  name: z.string().min(1),
  chainId: count,
  /** Hash of block 0: a chain of the same id that was reset has another. */
  genesis: hex,
  /** The signer's nonce in the block the plan was simulated on; the first step's nonce. */
  firstNonce: count,
  block: count,
  /** Chains without a base fee take legacy transactions only. */
  fees: z.enum(["eip1559", "legacy"]),
  /** Wei per gas at simulation, for the estimate that a person approves. */
  gasPrice: wei,
  /** The chain's entry in the chains file: `apply` has no other source. Never holds `rpc-urls`. */
  metadata: chainMetadata,
});

const script = z.object({
  /** The whole line: variables, options and all, for the person who approves. */
  line: z.string().min(1),
  /** As given: `script/Deploy.s.sol:Deploy`. */
  target: z.string().min(1),
  signature: z.string().nullable(),
  arguments: z.array(z.string()),
});

/** A file of the project that the scripts wrote, taken over when the release has succeeded. */
const stagedFile = z.object({ path: z.string().min(1), digest: z.string(), size: count });

export const plan = z.object({
  format: z.literal("playbook.plan"),
  version: z.literal(1),
  deployment,
  sender: address,
  /** The product's commit the plan was made from, when it is known. */
  commit: z.string().nullable(),
  chains: z.array(plannedChain),
  scripts: z.array(script),
  /** All chains' steps in the order the scripts made them. */
  steps: z.array(step),
  files: z.array(stagedFile),
  /** Digest of forge's own recordings, for its `broadcast/` files; null for a plan by hand. */
  records: z.string().startsWith("sha256:").nullable(),
});

export type Plan = z.output<typeof plan>;
export type Step = z.output<typeof step>;
export type PlannedChain = z.output<typeof plannedChain>;
export type Deployment = z.output<typeof deployment>;

/** The plan's one text: what is stored, approved and compared by its digest. */
export function planText(value: Plan): string {
  return canonical(value);
}

export function planDigest(value: Plan): Digest {
  return digestOf(planText(value));
}

/** Reads a stored plan. Throws `plan-unreadable`, also for a newer version than this code knows. */
export function readPlan(text: string): Plan {
  try {
    const value = JSON.parse(text) as { format?: unknown; version?: unknown };
    if (value.format === "playbook.plan" && Number(value.version) > 1) {
      throw new Error(`It has version ${value.version}; this release reads version 1.`);
    }
    const read = plan.parse(value);
    const flaw = flawOf(read);
    if (flaw) throw new Error(flaw);
    return read;
  } catch (error) {
    throw planUnreadable(error);
  }
}

export function planUnreadable(cause: unknown): ActionError {
  return new ActionError(
    "plan-unreadable",
    {
      what: "The plan cannot be read.",
      why: reason(cause),
      next: "Use the release of this library that made the plan, or plan again.",
    },
    { cause },
  );
}

/** What contradicts itself in a plan: the broadcaster relies on every one of these rules. */
function flawOf({ chains, steps }: Plan): string | undefined {
  const names = chains.map(({ name }) => name);
  if (new Set(names).size < names.length) return `It names a chain twice: ${names.join(", ")}.`;
  const stray = steps.find(({ chain }) => !names.includes(chain));
  if (stray) return `Step ${stray.id} is for ${stray.chain}, which the plan does not have.`;
  if (new Set(steps.map(({ id }) => id)).size < steps.length) return "Two steps have one id.";

  for (const { name, firstNonce } of chains) {
    const flaw = flawOn(name, firstNonce, steps);
    if (flaw) return flaw;
  }
  return undefined;
}

function flawOn(chain: string, firstNonce: number, steps: Step[]): string | undefined {
  const own = steps.filter((step) => step.chain === chain);
  const earlier = new Set<string>();
  for (const [index, { id, nonce, after }] of own.entries()) {
    const due = firstNonce + index;
    if (nonce !== due) return `Step ${id} has nonce ${nonce} where ${due} is due.`;
    const unknown = after.find((one) => !earlier.has(one));
    if (unknown) return `Step ${id} comes after ${unknown}, which is no earlier step of ${chain}.`;
    earlier.add(id);
  }
  return undefined;
}

/** The steps of one chain, in nonce order. */
export function stepsOn(value: Plan, chain: string): Step[] {
  return value.steps.filter((step) => step.chain === chain);
}
