import { type Address, RpcError, saysItFails } from "@playbook/evm";
import { NOBODY } from "./contract.ts";
import type { Asked } from "./hook-parts.ts";
import type { Look } from "./look.ts";
import type {
  Oracle,
  StandingHook,
  StandingPaymaster,
  StandingToken,
  TokenPrice,
} from "./model.ts";
import { typeOfSet } from "./read-isms.ts";
import { membersIn, readSet } from "./static-set.ts";

const ORACLE = "StorageGasOracle";

/** What a hook of a mailbox is, by its code, and all that it is made of. */
export function readHook(
  look: Look,
  address: Address,
  mailbox: Address,
  asked: Asked = { tokens: [], domains: [] },
): Promise<StandingHook> {
  return readPlaced({ look, address, mailbox, asked, above: [] });
}

type Place = {
  look: Look;
  address: Address;
  mailbox: Address;
  asked: Asked;
  above: readonly Address[];
};

/** A part of a hook. */
function readPart({ above, ...place }: Place, address: Address): Promise<StandingHook> {
  return readPlaced({ ...place, address, above: [...above, place.address] });
}

async function readPlaced(place: Place): Promise<StandingHook> {
  const { look, address, above } = place;
  // What hands on to itself would be read for ever, and lets no message pass.
  if (above.includes(address)) return { type: "foreign", address };
  const set = readSet(await look.code(address));
  if (set) {
    const type = await typeOfSet(look, set.implementation, ["aggregationHook"]);
    if (!type) return { type: "foreign", address };
    const { values } = membersIn(set.data);
    const hooks = await Promise.all(values.map((one) => readPart(place, one)));
    return { type, address, hooks };
  }
  const proxy = await look.proxy(address);
  const contract = await look.which(proxy?.implementation ?? address, [
    "AmountRoutingHook",
    "DefaultHook",
    "DomainRoutingHook",
    "FallbackDomainRoutingHook",
    "InterchainGasPaymaster",
    "MerkleTreeHook",
    "PausableHook",
    "ProtocolFee",
  ]);
  switch (contract) {
    case "AmountRoutingHook":
      return readAmount(place);
    case "DefaultHook":
    case "DomainRoutingHook":
    case "FallbackDomainRoutingHook":
      return readClient(place, contract);
    case "InterchainGasPaymaster":
      return readPaymaster(place);
    case "MerkleTreeHook":
      return { type: "merkleTreeHook", address };
    case "PausableHook":
      return readPausable(look, address);
    case "ProtocolFee":
      return readFee(look, address);
    default:
      return { type: "foreign", address };
  }
}

async function readAmount(place: Place): Promise<StandingHook> {
  const { look, address } = place;
  const part = (method: string) =>
    look.value<Address>("AmountRoutingHook", address, method).then((one) => readPart(place, one));
  const [lower, upper, threshold] = await Promise.all([
    part("lower"),
    part("upper"),
    look.value<bigint>("AmountRoutingHook", address, "threshold"),
  ]);
  return { type: "amountRoutingHook", address, lower, upper, threshold };
}

/** One that serves another mailbox is none of this one's: it would refuse all messages. */
async function readClient(
  place: Place,
  contract: "DefaultHook" | "DomainRoutingHook" | "FallbackDomainRoutingHook",
): Promise<StandingHook> {
  const { look, address, mailbox } = place;
  const served = await look.value<Address>(contract, address, "mailbox");
  if (served !== mailbox) return { type: "foreign", address };
  if (contract === "DefaultHook") return { type: "defaultHook", address };
  const [owner, domains] = await Promise.all([
    look.value<Address>(contract, address, "owner"),
    look.value<bigint[]>(contract, address, "domains"),
  ]);
  const ways = domains.map(async (domain) => {
    const [hook] = await look.call(contract, address, "hooks", [domain]);
    return { domain: Number(domain), hook: await readPart(place, hook) };
  });
  const routed = { address, owner, ways: await Promise.all(ways) };
  if (contract === "DomainRoutingHook") return { type: "domainRoutingHook", ...routed };
  const fallback = await look.value<Address>(contract, address, "fallbackHook");
  return {
    ...{ type: "fallbackRoutingHook", ...routed },
    fallback: await readPart(place, fallback),
  };
}

async function readPausable(look: Look, address: Address): Promise<StandingHook> {
  const [owner, paused] = await Promise.all([
    look.value<Address>("PausableHook", address, "owner"),
    look.value<boolean>("PausableHook", address, "paused"),
  ]);
  return { type: "pausableHook", address, owner, paused };
}

async function readFee(look: Look, address: Address): Promise<StandingHook> {
  const value = <Value>(method: string) => look.value<Value>("ProtocolFee", address, method);
  const [owner, beneficiary, maxProtocolFee, protocolFee] = await Promise.all([
    value<Address>("owner"),
    value<Address>("beneficiary"),
    value<bigint>("MAX_PROTOCOL_FEE"),
    value<bigint>("protocolFee"),
  ]);
  return { type: "protocolFee", address, owner, beneficiary, maxProtocolFee, protocolFee };
}

async function readPaymaster({ look, address, asked }: Place): Promise<StandingPaymaster> {
  const contract = "InterchainGasPaymaster";
  const [owner, beneficiary, signers, domains] = await Promise.all([
    look.value<Address>(contract, address, "owner"),
    look.value<Address>(contract, address, "beneficiary"),
    look.value<Address[]>(contract, address, "quoteSigners"),
    look.value<bigint[]>(contract, address, "domains"),
  ]);
  const remotes = await Promise.all(domains.map((domain) => readRemote(look, address, domain)));
  const priced = [...new Set([...domains.map(Number), ...asked.domains])];
  const paid = asked.tokens.map((token) => readToken(look, address, { token, domains, priced }));
  return {
    type: "interchainGasPaymaster",
    address,
    owner,
    beneficiary,
    quoteSigners: [...signers],
    oracle: await oracleAmong(look, remotes, priced),
    remotes,
    tokens: await Promise.all(paid),
  };
}

/** The first of the oracles in use that is one whose prices can be set. */
async function oracleAmong(
  look: Look,
  prices: readonly { oracle: Address }[],
  priced: readonly number[],
): Promise<Oracle | null> {
  const oracles = [...new Set(prices.map(({ oracle }) => oracle))];
  const ours = await Promise.all(oracles.map((one) => look.is(ORACLE, one)));
  const address = oracles.find((_, at) => ours[at]);
  return address ? readOracle(look, address, priced) : null;
}

/** What an oracle says of these destinations. */
export async function readOracle(
  look: Look,
  address: Address,
  domains: readonly number[],
): Promise<Oracle> {
  const [owner, ...prices] = await Promise.all([
    look.value<Address>(ORACLE, address, "owner"),
    ...domains.map((domain) => readPrice(look, address, domain)),
  ]);
  return { address, owner, prices };
}

async function readPrice(look: Look, oracle: Address, domain: number): Promise<TokenPrice> {
  const said = await look.call(ORACLE, oracle, "remoteGasData", [domain]);
  const [tokenExchangeRate, gasPrice] = said as unknown as [bigint, bigint];
  return { domain, gasPrice, tokenExchangeRate };
}

/** What gas costs in a token, of the destinations that have a price at all. */
async function readToken(
  look: Look,
  paymaster: Address,
  { token, domains, priced }: { token: Address; domains: bigint[]; priced: number[] },
): Promise<StandingToken> {
  const read = domains.map((domain) => readTokenPrice(look, paymaster, token, domain));
  const prices = (await Promise.all(read)).filter((price) => price !== null);
  return { token, oracle: await oracleAmong(look, prices, priced), prices };
}

async function readTokenPrice(look: Look, paymaster: Address, token: Address, domain: bigint) {
  const args = [token, domain];
  const [found] = await look.call("InterchainGasPaymaster", paymaster, "tokenGasOracles", args);
  const oracle = found as Address;
  if (oracle === NOBODY) return null;
  if (await look.is(ORACLE, oracle)) {
    return { ...(await readPrice(look, oracle, Number(domain))), oracle };
  }
  return { domain: Number(domain), oracle, tokenExchangeRate: 0n, gasPrice: 0n };
}

/** An oracle that answers nothing, such as an account, has no price. */
function saysNothing(error: unknown): [bigint, bigint] {
  if (error instanceof RpcError && saysItFails(error)) return [0n, 0n];
  throw error;
}

async function readRemote(look: Look, paymaster: Address, domain: bigint) {
  const contract = "InterchainGasPaymaster";
  const [config, price] = await Promise.all([
    look.call(contract, paymaster, "destinationGasConfigs", [domain]),
    look.call(contract, paymaster, "getExchangeRateAndGasPrice", [domain]).catch(saysNothing),
  ]);
  const [oracle, overhead] = config as unknown as [Address, bigint];
  const [tokenExchangeRate, gasPrice] = price as unknown as [bigint, bigint];
  return { domain: Number(domain), oracle, overhead, tokenExchangeRate, gasPrice };
}
