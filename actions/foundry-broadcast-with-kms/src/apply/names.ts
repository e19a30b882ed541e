import { ActionError, type Context } from "@playbook/action";
import type { RpcUrl } from "@playbook/broadcast";
import type { Plan, PlannedChain, Wei } from "@playbook/evm";
import { closest } from "fastest-levenshtein";

type Named = { rpcUrls: RpcUrl[]; budget: { name: string; wei: Wei }[] };

/**
 * Looks for names of chains that were misspelt. A list may name more chains than the plan has, when
 * it is shared by several releases; but a budget for none of them, while one of them has no budget,
 * would let that one cost anything: throws `bad-input`. A URL is only a warning, for the chain has
 * one in its metadata.
 */
export function checkNames(plan: Plan, { rpcUrls, budget }: Named, context: Context): void {
  const stray = strays(plan, budget);
  if (stray) {
    throw new ActionError("bad-input", {
      what: `"budget" names ${stray.name}, which the plan does not have.`,
      why: `${stray.without} has no budget then, and could cost anything.`,
      next: `Write ${stray.meant}=…, or give ${stray.without} a budget, too.`,
    });
  }
  const url = strays(plan, rpcUrls);
  if (!url) return;
  context.warn(
    `"rpc-urls" names ${url.name}, which the plan does not have; ${url.without} ` +
      "is reached by the URL of its metadata.",
  );
}

/**
 * The chains of the plan by their names or ids; all of them when none is named. Throws `bad-input`
 * for one that the plan does not have.
 */
export function chosenChains(plan: Plan, names: string[] = []): PlannedChain[] {
  const known = plan.chains.map(({ name }) => name);
  const isNamed = ({ name, chainId }: PlannedChain, given: string) =>
    given === name || given === String(chainId);

  const unknown = names.find((given) => !plan.chains.some((chain) => isNamed(chain, given)));
  if (unknown !== undefined) {
    throw new ActionError("bad-input", {
      what: `"chains" names ${unknown}, which the plan does not have.`,
      why: `It has ${known.join(", ")}.`,
      next: `Did you mean ${closest(unknown, known)}? Without \`chains\`, all of them are meant.`,
    });
  }
  if (names.length === 0) return plan.chains;
  return plan.chains.filter((chain) => names.some((given) => isNamed(chain, given)));
}

/** A name that no chain has, beside a chain that is not named. */
function strays(plan: Plan, named: { name: string }[]) {
  const chains = plan.chains.map(({ name }) => name);
  const stray = named.find(({ name }) => !chains.includes(name));
  const without = chains.find((chain) => !named.some(({ name }) => name === chain));
  if (!stray || !without) return undefined;
  return { name: stray.name, without, meant: closest(stray.name, chains) };
}
