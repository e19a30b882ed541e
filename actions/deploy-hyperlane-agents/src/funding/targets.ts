import { ActionError, lines, need } from "@playbook/action";
import type { Wei } from "@playbook/evm";
import type { KnownChain } from "@playbook/hyperlane";
import { parseUnits } from "ethers";
import { z } from "zod";

/** Up to how much agents are paid on a chain, each amount in coins of 18 digits. */
export type Target = {
  chain: string;
  validator?: Wei;
  relayer?: Wei;
  /** Who has no less than this is not paid; without it, no less than half of what is aimed at. */
  below?: Wei;
};

const FIELDS = ["validator", "relayer", "below"] as const;

/** `chain validator=0.01 relayer=0.5 below=0.1`, one chain a line. */
export const targets = lines.transform((items, context) =>
  items.map((item, at): Target => {
    const [chain = "", ...words] = item.split(/\s+/);
    const read = words.map((word) => {
      const [, name, digits = ""] = /^(\w+)=(\d+(?:\.\d{1,18})?)$/.exec(word) ?? [];
      const field = FIELDS.find((one) => one === name);
      const wei = digits && parseUnits(digits, 18);
      if (field && wei) return { field, wei };
      context.addIssue(
        `"${word}" is not validator=, relayer= or below= with an amount of coins; ` +
          `write for example ${chain} relayer=0.5.`,
      );
      return z.NEVER;
    });
    const twice = FIELDS.find((name) => read.filter((one) => one?.field === name).length > 1);
    if (twice) context.addIssue(`${chain} has two amounts for ${twice}.`);
    if (items.findIndex((one) => one.split(/\s+/)[0] === chain) < at) {
      context.addIssue(`${chain} has two lines.`);
    }
    const target: Target = {
      chain,
      ...Object.fromEntries(read.map((one) => [one?.field, one?.wei])),
    };
    const most = [target.validator ?? 0n, target.relayer ?? 0n].reduce((a, b) => (a > b ? a : b));
    if (most === 0n) context.addIssue(`${chain} says neither validator= nor relayer=.`);
    if (target.below && target.below > most) {
      context.addIssue(`below= of ${chain} is more than anybody is paid there.`);
    }
    return target;
  }),
);

/** Who pays, up to how much each, and how much a run may spend on a chain. */
export type Funding = {
  key: string;
  region: string;
  targets: Target[];
  caps: { name: string; wei: Wei }[];
};

type Asked = {
  mode: string;
  funder?: string | undefined;
  region?: string | undefined;
  funding: Target[];
  fundingCap: Funding["caps"];
};

/**
 * What the inputs say of funding; undefined when agents are funded by somebody else. Throws
 * `bad-input` for half of it, and `bad-funding` for a chain that is not there or has no cap.
 */
export function fundingOf(inputs: Asked, chains: readonly KnownChain[]): Funding | undefined {
  const { mode, funder, funding: targets, fundingCap: caps } = inputs;
  if (funder === undefined && targets.length === 0 && caps.length === 0) return undefined;
  const key = need(funder, "funder", mode);
  const region = need(inputs.region, "region", mode);
  need(targets, "funding", mode);
  const names = chains.map(({ name }) => name);
  const unknown = [...targets.map(({ chain }) => chain), ...caps.map(({ name }) => name)].find(
    (one) => !names.includes(one),
  );
  if (unknown) throw badFunding(`There is no chain ${unknown}; there is ${names.join(", ")}.`);
  const loose = targets.find(({ chain }) => !caps.some(({ name }) => name === chain));
  if (loose) throw badFunding(`${loose.chain} has no line in \`funding-cap\`.`);
  return { key, region, targets, caps };
}

function badFunding(why: string): ActionError {
  return new ActionError("bad-funding", {
    what: "How agents are to be funded is not known.",
    why,
    next: "Correct `funding` and `funding-cap`: each chain of the first has a line in the second.",
  });
}

/** An amount of coins in a chain's smallest unit. */
export function inUnits(coins: Wei, { nativeToken: { decimals } }: KnownChain): Wei {
  return decimals >= 18
    ? coins * 10n ** BigInt(decimals - 18)
    : coins / 10n ** BigInt(18 - decimals);
}
