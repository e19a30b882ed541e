import type { Address } from "@playbook/evm";
import { type ContractName, callOf, NOBODY } from "./contract.ts";
import type { Draft } from "./draft.ts";
import type { GasPaymaster, Oracle, Remote, StandingPaymaster } from "./model.ts";
import { dropTokenPrices, isPriced, newOracle, setTokenPrices, type Tell } from "./plan-tokens.ts";

const IGP: ContractName = "InterchainGasPaymaster";
const ORACLE: ContractName = "StorageGasOracle";
const SUBJECT = "gas paymaster";

/** A new gas paymaster behind a proxy that is initialised as it is made, with its oracle. */
export function createPaymaster(
  draft: Draft,
  wish: GasPaymaster,
  proxyAdmin: Address,
): { paymaster: Address; oracle: Address } {
  const { signer } = draft;
  const implementation = draft.create(IGP, []);
  const initialize = callOf(IGP, "initialize", [signer, wish.beneficiary]);
  const proxy = [implementation, proxyAdmin, initialize];
  const address = draft.create("TransparentUpgradeableProxy", proxy);
  const oracle = newOracle(draft);
  const { beneficiary } = wish;
  const fresh = { type: wish.type, owner: signer, beneficiary, address, oracle };
  const empty = { quoteSigners: [], remotes: [], tokens: [] };
  changePaymaster(draft, wish, { ...fresh, ...empty }, false);
  return { paymaster: address, oracle: oracle.address };
}

/** What brings a gas paymaster to what is wished; its oracle's address if there is one by then. */
export function changePaymaster(
  draft: Draft,
  wish: GasPaymaster,
  standing: StandingPaymaster,
  told = true,
): Address | undefined {
  const { address: to, owner: by } = standing;
  const tell = (what: string, from: unknown, wished: unknown) => {
    if (told) draft.differs(`${SUBJECT}: ${what}`, from, wished);
  };
  const oracle = oracleFor(draft, wish, standing);
  dropTokenPrices(draft, wish, standing, tell);
  if (oracle) changeRemotes(draft, wish, standing, oracle, tell);
  setTokenPrices(draft, wish, standing, tell);

  if (standing.beneficiary !== wish.beneficiary) {
    tell("beneficiary", standing.beneficiary, wish.beneficiary);
    draft.call({ contract: IGP, to, method: "setBeneficiary", args: [wish.beneficiary], by });
  }
  for (const one of missing(wish.quoteSigners, standing.quoteSigners)) {
    tell("quote signer", "none", one);
    draft.call({ contract: IGP, to, method: "addQuoteSigner", args: [one], by });
  }
  for (const one of missing(standing.quoteSigners, wish.quoteSigners)) {
    tell("quote signer", one, "none");
    draft.call({ contract: IGP, to, method: "removeQuoteSigner", args: [one], by });
  }
  if (standing.owner !== wish.owner) tell("owner", standing.owner, wish.owner);
  draft.handOver(IGP, to, standing.owner, wish.owner);
  if (oracle) {
    if (oracle.owner !== wish.oracleKey) tell("oracle's owner", oracle.owner, wish.oracleKey);
    draft.handOver(ORACLE, oracle.address, oracle.owner, wish.oracleKey);
  }
  return oracle?.address;
}

/** The oracle that stands; another for the first destination of a paymaster that has none. */
function oracleFor(draft: Draft, wish: GasPaymaster, standing: StandingPaymaster): Oracle | null {
  const { remotes, oracleKey } = wish;
  if (standing.oracle || remotes.length === 0) return standing.oracle;
  return draft.spares.oracle(oracleKey, remotes) ?? newOracle(draft);
}

function changeRemotes(
  draft: Draft,
  wish: GasPaymaster,
  standing: StandingPaymaster,
  oracle: Oracle,
  tell: Tell,
): void {
  const old = new Map(standing.remotes.map((remote) => [remote.domain, remote]));
  const gone = standing.remotes.filter(
    ({ domain }) => !wish.remotes.some((one) => one.domain === domain),
  );
  for (const remote of wish.remotes) {
    const before = old.get(remote.domain);
    const [from, to] = [before ? priceOf(before) : "none", priceOf(remote)];
    const moved = before && before.oracle !== oracle.address;
    if (from !== to) tell(`to ${remote.domain}`, from, to);
    else if (moved) tell(`oracle for ${remote.domain}`, before.oracle, oracle.address);
  }
  for (const remote of gone) tell(`to ${remote.domain}`, priceOf(remote), "none");

  const priced = ({ domain, tokenExchangeRate, gasPrice }: Remote) =>
    [domain, tokenExchangeRate, gasPrice] as const;
  const prices = [
    ...wish.remotes.filter((one) => !isPriced(one, oracle)).map(priced),
    ...gone
      .filter((one) => one.oracle === oracle.address && !isFree(one))
      .map(({ domain }) => [domain, 0n, 0n]),
  ];
  const price = { contract: ORACLE, to: oracle.address, by: oracle.owner };
  draft.calls({ ...price, method: "setRemoteGasDataConfigs" }, prices, (some) => [some]);
  const configs = [
    ...wish.remotes
      .filter((one) => !sameConfig(one, old.get(one.domain), oracle))
      .map(({ domain, overhead }) => [domain, [oracle.address, overhead]]),
    ...gone.map(({ domain }) => [domain, [NOBODY, 0n]]),
  ];
  const config = { contract: IGP, to: standing.address, by: standing.owner };
  draft.calls({ ...config, method: "setDestinationGasConfigs" }, configs, (some) => [some]);
}

type Before = Remote<{ oracle: Address }> | undefined;

const isFree = ({ gasPrice, tokenExchangeRate }: Remote) =>
  gasPrice === 0n && tokenExchangeRate === 0n;

function sameConfig(wish: Remote, before: Before, oracle: Oracle): boolean {
  return before?.oracle === oracle.address && before.overhead === wish.overhead;
}

function priceOf({ overhead, gasPrice, tokenExchangeRate }: Remote): string {
  return `gas price ${gasPrice}, exchange rate ${tokenExchangeRate}, overhead ${overhead}`;
}

const missing = (from: Address[], among: Address[]) => from.filter((one) => !among.includes(one));
