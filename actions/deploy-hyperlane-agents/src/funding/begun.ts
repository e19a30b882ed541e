import { type Address, DeploymentRecord, Ledger, type Plan, type Step } from "@playbook/evm";
import type { Digest, Store } from "@playbook/state";
import type { Chains } from "../chains.ts";
import type { Transfer } from "./transfers.ts";

/** Whose agents they are: an unfinished plan of another fleet is left alone. */
export type Fleet = { repository: string; namespace: string };

/** A payment by itself. */
export type Payment = Pick<Transfer, "name" | "to" | "value">;

/** How a plan of this action is told from another's. */
export const WHAT = "hyperlane funding";

/** Where a funder's ledgers are, and whose payments are looked for in them. */
export type Ledgers = { store: Store; funder: Address; fleet: Fleet };

/**
 * What an earlier run has begun to pay on a chain and no block has yet: the next one that pays
 * finishes it first. Of a chain that does not answer nothing is known.
 */
export async function begunOn(
  chain: string,
  { store, funder, fleet }: Ledgers,
  chains: Chains,
): Promise<Payment[]> {
  const standing = await chains.standing(chain, funder);
  if (!standing) return [];
  const { nonce, ...which } = standing;
  const open = (await new Ledger(store, { ...which, signer: funder }, WHAT).read())?.open;
  if (!open) return [];
  const deployment = { ...whose(fleet), release: WHAT };
  const plan = await new DeploymentRecord(store, deployment, WHAT).plan(open.plan as Digest);
  if (!isOf(fleet, plan)) return [];
  return paymentsIn(plan.steps.filter((step) => step.nonce >= nonce));
}

/** What plans of a fleet are stored under. */
export function whose({ repository, namespace: environment }: Fleet) {
  return { repository, environment };
}

function isOf(fleet: Fleet, { scripts, deployment }: Plan): boolean {
  const { repository, environment } = whose(fleet);
  const isOurs = deployment.repository === repository && deployment.environment === environment;
  return isOurs && scripts[0]?.target === WHAT;
}

/** Whom a plan's steps pay. */
export function paymentsIn(steps: readonly Step[]): Payment[] {
  return steps.flatMap(({ to, value, label }) =>
    to ? [{ name: label.split(":")[0] ?? "", to, value }] : [],
  );
}
