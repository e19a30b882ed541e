import { ActionError } from "@playbook/action";
import { address } from "@playbook/evm";
import { stringify } from "yaml";
import { z } from "zod";
import { amountOf, somebody, threshold } from "./config-parts.ts";
import { firstFlaw, parseConfig } from "./config-text.ts";

/** Gas that a delivery takes beside what the message's handler uses. */
const OVERHEAD = 150_000;

/** The most that the fee of a message can ever be set to, in wei: what the official CLI writes. */
const MOST_FEE = 10n ** 18n;

/** Of the coin of every EVM. */
const DECIMALS = 18;

/** Digits behind the point that a price is read with, and that an exchange rate is kept with. */
const PRICE_DIGITS = 18;
const RATE_DIGITS = 10;

/** Of one coin, in whatever currency all chains of a mesh are priced in. */
const price = z
  .union([z.string(), z.number().transform(digitsOf)])
  .refine((text) => /^\d+(\.\d{1,18})?$/.test(text), "is no price, such as 0.05.")
  .transform(scaled)
  .refine((one) => one > 0n, "is nothing.");

const common = {
  owner: somebody.optional(),
  /** Those who sign a chain's messages, and how many of them it takes. */
  validators: z.array(address).min(1).optional(),
  threshold: threshold.optional(),
  overhead: z.number().int().positive().optional(),
};

const member = z.strictObject({
  ...common,
  gasPrice: amountOf(128),
  tokenPrice: price,
});

const mesh = z.strictObject({
  ...common,
  beneficiary: somebody.optional(),
  oracleKey: somebody.optional(),
  protocolFee: amountOf(256).default("0"),
  chains: z.record(z.string(), member),
});

type Mesh = z.output<typeof mesh>;
type Member = z.output<typeof member> & { name: string };

/**
 * A file that names chains of which each sends to every other one: the core configs that it stands
 * for, by the chains' names. Undefined where it is a core config itself. Throws `bad-core-config`.
 */
export function readMesh(text: string, source: string): Map<string, string> | undefined {
  const value = parseConfig(text, source);
  if (typeof value !== "object" || value === null || !("chains" in value)) return undefined;
  const { success, data, error } = mesh.safeParse(value);
  if (!success) throw badMesh(source, firstFlaw(error.issues));
  const members = Object.entries(data.chains).map(([name, one]) => ({ name, ...one }));
  if (members.length < 2) throw badMesh(source, "chains: There have to be two or more.");
  const configs = members.map((one): [string, string] => {
    const others = members.filter((other) => other !== one);
    return [
      one.name,
      stringify(configOf(data, one, others, source), { aliasDuplicateObjects: false }),
    ];
  });
  return new Map(configs);
}

function configOf(all: Mesh, own: Member, others: Member[], source: string) {
  const owner = own.owner ?? all.owner;
  if (!owner) throw badMesh(source, `chains.${own.name}: It has no owner, nor has the mesh.`);
  const beneficiary = all.beneficiary ?? owner;
  const each = <Value>(value: (other: Member) => Value) =>
    Object.fromEntries(others.map((other) => [other.name, value(other)]));
  return {
    owner,
    defaultIsm: {
      type: "domainRoutingIsm",
      owner,
      domains: each((other) => multisigOf(all, other, source)),
    },
    defaultHook: {
      type: "aggregationHook",
      hooks: [
        { type: "merkleTreeHook" },
        {
          ...{ type: "interchainGasPaymaster", owner, beneficiary },
          oracleKey: all.oracleKey ?? owner,
          overhead: each(({ overhead }) => overhead ?? all.overhead ?? OVERHEAD),
          oracleConfig: each((other) => oracleOf(own, other, source)),
        },
      ],
    },
    requiredHook: {
      ...{ type: "protocolFee", owner, beneficiary },
      ...{ maxProtocolFee: String(MOST_FEE), protocolFee: all.protocolFee },
    },
    proxyAdmin: { owner },
  };
}

/** Of three validators two, of five four: as many as two thirds are at least. */
function multisigOf(all: Mesh, one: Member, source: string) {
  const validators = one.validators ?? all.validators;
  if (!validators) {
    throw badMesh(source, `chains.${one.name}: It has no validators, nor has the mesh.`);
  }
  const threshold = one.threshold ?? all.threshold ?? Math.ceil((2 * validators.length) / 3);
  return { type: "messageIdMultisigIsm", validators, threshold };
}

/**
 * What gas costs there, in wei, and what that is worth here: each EVM's coin has as many of these.
 */
function oracleOf(own: Member, other: Member, source: string) {
  const rate = (other.tokenPrice * 10n ** BigInt(RATE_DIGITS)) / own.tokenPrice;
  if (rate === 0n) {
    const why = `Its coin is worth too little in ${own.name}'s for a rate of ${RATE_DIGITS} decimals.`;
    throw badMesh(source, `chains.${other.name}: ${why}`);
  }
  return { gasPrice: other.gasPrice, tokenExchangeRate: String(rate), tokenDecimals: DECIMALS };
}

/** A number as it was written: of a small one the digits are told by an exponent. */
function digitsOf(value: number): string {
  const [, whole = "", part = "", zeros] = /^(\d)(?:\.(\d+))?e-(\d+)$/.exec(String(value)) ?? [];
  return zeros === undefined ? String(value) : `0.${"0".repeat(Number(zeros) - 1)}${whole}${part}`;
}

function scaled(text: string): bigint {
  const [whole = "", part = ""] = text.split(".");
  return BigInt(whole + part.padEnd(PRICE_DIGITS, "0"));
}

function badMesh(source: string, why: string): ActionError {
  return new ActionError("bad-core-config", {
    what: `The mesh in ${source} cannot be used.`,
    why,
    next: "Correct it: the README has one in full, and what a chain's line may have.",
  });
}
