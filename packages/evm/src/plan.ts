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
  /** Number of its script, from 1, when each script of the release is a plan of its own. */
  part: count.min(1).optional(),
});

const created = z.object({
  address,
  /** `Vault`, or what else is known; null for a contract that nobody named. */
  contract: z.string().nullable(),
  /**
   * Hash of the code that creates it, without constructor arguments and libraries' addresses where
   * the build knows it: the same in every environment. Absent in a plan of version 1.
   */
  code: hex.optional(),
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
  /** Gas limit: what the simulation used, times the margin, and twice what its data took. */
  gas: count,
  /** Where a rollup charges data in gas: what it took when the plan was made. */
  dataGas: count.optional(),
  /** What a person reads: `Vault.grantRole(MINTER, 0x…)`, `new Vault(…)`. */
  label: z.string(),
  /**
   * Every contract that exists after it and did not before, those made inside the call included.
   */
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
  /** What a rollup charged for data beside the gas then, where one does. */
  dataPrice: z.object({ perTransaction: wei, perByte: wei }).optional(),
  /** The chain's entry in the chains file: `apply` has no other source. Never holds `rpc-urls`. */
  metadata: chainMetadata,
});

/** What a plan that is a part of its release says of the whole. */
const stepwise = z.object({
  /** The lines of all parts, in order: none may change once the first part is on the chains. */
  scripts: z.array(z.string().min(1)).min(1),
  /** Digest of the part before, on whose end this plan was made; null for the first. */
  after: z.string().startsWith("sha256:").nullable(),
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

/**
 * What an account may do to a contract, in the words of who declares it: `owner`, `MINTER_ROLE`.
 */
const held = z.object({
  chain: z.string().min(1),
  address,
  contract: z.string().nullable(),
  right: z.string().min(1),
});

/** Whom the contracts obey when the release is done, as far as the key is concerned. */
const rights = z.object({
  /** Contracts that were looked at: those that the release makes, and those that it calls. */
  contracts: z.array(held.omit({ right: true })),
  /** Names of roles by their ids: 32 bytes for AccessControl, decimal for AccessManager. */
  roles: z.record(z.string(), z.string()),
  /** What the key may keep, as the release declares it. */
  keeps: z.array(
    z.object({ contract: z.string(), right: z.string(), reason: z.string().nullable() }),
  ),
  /** What the key holds at the end of the simulation: all of it is declared. */
  held: z.array(held),
});

/** Version 1 knows none of the fields that may be absent: code that cannot honour them refuses. */
const NEWEST = 2;

export const plan = z.object({
  format: z.literal("playbook.plan"),
  version: z.union([z.literal(1), z.literal(NEWEST)]),
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
  /** Present when the plan is for one of the release's scripts, and absent when it is for all. */
  stepwise: stepwise.optional(),
  /** The release of another environment that this one was found to repeat. */
  promotes: z
    .object({
      environment: z.string().min(1),
      release: z.string().min(1),
      plan: z.string().startsWith("sha256:"),
    })
    .optional(),
  /** Absent in a plan by hand. */
  rights: rights.optional(),
});

export type Plan = z.output<typeof plan>;
export type Step = z.output<typeof step>;
export type PlannedChain = z.output<typeof plannedChain>;
export type Deployment = z.output<typeof deployment>;
export type Rights = z.output<typeof rights>;
export type Held = z.output<typeof held>;

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
    if (value.format === "playbook.plan" && Number(value.version) > NEWEST) {
      throw new Error(`It has version ${value.version}; this release reads versions to ${NEWEST}.`);
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
function flawOf(read: Plan): string | undefined {
  const { version, chains, steps, rights, stepwise, promotes } = read;
  const later = rights || stepwise || promotes || steps.some(isOfLaterVersion);
  if (version === 1 && later) return "It has version 1 and fields that came later.";
  const part = flawOfPart(read);
  if (part) return part;

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

function isOfLaterVersion({ creates }: Step): boolean {
  return creates.some(({ code }) => code !== undefined);
}

function flawOfPart({ deployment: { part }, stepwise }: Plan): string | undefined {
  if (part === undefined || !stepwise) {
    return part === undefined && !stepwise ? undefined : "It does not say what it is a part of.";
  }
  const { scripts, after } = stepwise;
  if (part > scripts.length) return `It is part ${part} of ${scripts.length}.`;
  return (part === 1) === (after === null) ? undefined : "Only the first part follows none.";
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
