import type { Address } from "@playbook/evm";
import { type ContractName, NOBODY } from "./contract.ts";
import type { Draft } from "./draft.ts";
import type {
  GasPaymaster,
  Oracle,
  StandingPaymaster,
  StandingToken,
  TokenPrice,
} from "./model.ts";

const IGP: ContractName = "InterchainGasPaymaster";
const ORACLE: ContractName = "StorageGasOracle";

/** Says a difference to who approves the plan. */
export type Tell = (what: string, from: unknown, wished: unknown) => void;

type Token = GasPaymaster["tokens"][number];

/**
 * Takes away the prices in tokens that are not wished for any more. It comes before their
 * destinations lose their own: without one they could not be told.
 */
export function dropTokenPrices(
  draft: Draft,
  { tokens }: GasPaymaster,
  standing: StandingPaymaster,
  tell: Tell,
): void {
  const gone = tokens.flatMap(({ token, prices }) =>
    pricesIn(standing, token)
      .filter(({ domain }) => !prices.some((one) => one.domain === domain))
      .map((price) => ({ token, price })),
  );
  for (const { token, price } of gone) tell(subjectOf(token, price), textOf(price), "none");
  pointTo(
    draft,
    standing,
    gone.map(({ token, price: { domain } }) => [token, domain, NOBODY]),
  );
}

/**
 * Sets the prices in tokens. Each token has an oracle of its own, which knows destinations only.
 */
export function setTokenPrices(
  draft: Draft,
  wish: GasPaymaster,
  standing: StandingPaymaster,
  tell: Tell,
): void {
  const priced = wish.tokens.filter(({ prices }) => prices.length > 0);
  const moved = priced.flatMap((token) => setPrices(draft, token, { wish, standing, tell }));
  pointTo(draft, standing, moved);
}

/** One that knows no price yet. */
export function newOracle(draft: Draft): Oracle {
  return { address: draft.create(ORACLE, []), owner: draft.signer, prices: [] };
}

/** Whether an oracle says just this of a destination already. */
export function isPriced(wish: TokenPrice, { prices }: Oracle): boolean {
  const known = prices.find(({ domain }) => domain === wish.domain);
  return known?.gasPrice === wish.gasPrice && known.tokenExchangeRate === wish.tokenExchangeRate;
}

/** What a paymaster is told: who knows a token's price for a destination. */
type Pointer = [token: Address, domain: number, oracle: Address];

type Paymaster = { wish: GasPaymaster; standing: StandingPaymaster; tell: Tell };

function setPrices(
  draft: Draft,
  { token, prices }: Token,
  { wish, standing, tell }: Paymaster,
): Pointer[] {
  const oracle =
    oracleOf(standing, token) ?? draft.spares.oracle(wish.oracleKey, prices) ?? newOracle(draft);
  const old = new Map(pricesIn(standing, token).map((one) => [one.domain, one]));
  for (const price of prices) {
    const before = old.get(price.domain);
    const from = before ? textOf(before) : "none";
    if (from !== textOf(price)) tell(subjectOf(token, price), from, textOf(price));
    else if (before?.oracle !== oracle.address) {
      tell(`${subjectOf(token, price)}, oracle`, before?.oracle, oracle.address);
    }
  }
  const { address: to, owner: by } = oracle;
  const others = prices.filter((one) => !isPriced(one, oracle));
  const call = { contract: ORACLE, to, method: "setRemoteGasDataConfigs", by };
  draft.calls(call, others, (some) => [
    some.map((one) => [one.domain, one.tokenExchangeRate, one.gasPrice]),
  ]);
  if (by !== wish.oracleKey) tell(`owner of the oracle for ${token}`, by, wish.oracleKey);
  draft.handOver(ORACLE, to, by, wish.oracleKey);
  const moved = prices.filter(({ domain }) => old.get(domain)?.oracle !== to);
  return moved.map(({ domain }) => [token, domain, to]);
}

function pointTo(
  draft: Draft,
  { address: to, owner: by }: StandingPaymaster,
  pointers: Pointer[],
): void {
  draft.calls({ contract: IGP, to, method: "setTokenGasOracles", by }, pointers, (some) => [some]);
}

const tokenIn = ({ tokens }: StandingPaymaster, token: Address): StandingToken | undefined =>
  tokens.find((one) => one.token === token);

const pricesIn = (standing: StandingPaymaster, token: Address) =>
  tokenIn(standing, token)?.prices ?? [];

/** One that knows other prices as well is not the token's own. */
function oracleOf(standing: StandingPaymaster, token: Address): Oracle | null {
  const oracle = tokenIn(standing, token)?.oracle ?? null;
  const elsewhere = [
    ...standing.remotes,
    ...standing.tokens.filter((one) => one.token !== token).flatMap(({ prices }) => prices),
  ];
  return elsewhere.some((one) => one.oracle === oracle?.address) ? null : oracle;
}

const subjectOf = (token: Address, { domain }: TokenPrice) => `to ${domain}, in ${token}`;

const textOf = ({ gasPrice, tokenExchangeRate }: TokenPrice) =>
  `gas price ${gasPrice}, exchange rate ${tokenExchangeRate}`;
