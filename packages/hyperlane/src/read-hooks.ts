import type { Address } from "@playbook/evm";
import type { Look } from "./look.ts";
import type { StandingHook, StandingPaymaster } from "./model.ts";
import { typeOfSet } from "./read-isms.ts";
import { membersIn, readSet } from "./static-set.ts";

/** What a hook of a mailbox is, by its code, and all that it is made of. */
export async function readHook(
  look: Look,
  address: Address,
  mailbox: Address,
): Promise<StandingHook> {
  const set = readSet(await look.code(address));
  if (set) {
    const type = await typeOfSet(look, set.implementation, ["aggregationHook"]);
    if (!type) return { type: "foreign", address };
    const { values } = membersIn(set.data);
    const hooks = await Promise.all(values.map((one) => readHook(look, one, mailbox)));
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
      return readAmount({ look, address, mailbox });
    case "DefaultHook":
    case "DomainRoutingHook":
    case "FallbackDomainRoutingHook":
      return readClient({ look, address, mailbox }, contract);
    case "InterchainGasPaymaster":
      return readPaymaster(look, address);
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

type Place = { look: Look; address: Address; mailbox: Address };

async function readAmount({ look, address, mailbox }: Place): Promise<StandingHook> {
  const part = (method: string) =>
    look
      .value<Address>("AmountRoutingHook", address, method)
      .then((one) => readHook(look, one, mailbox));
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
    return { domain: Number(domain), hook: await readHook(look, hook, mailbox) };
  });
  const routed = { address, owner, ways: await Promise.all(ways) };
  if (contract === "DomainRoutingHook") return { type: "domainRoutingHook", ...routed };
  const fallback = await look.value<Address>(contract, address, "fallbackHook");
  return {
    ...{ type: "fallbackRoutingHook", ...routed },
    fallback: await readHook(look, fallback, mailbox),
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

async function readPaymaster(look: Look, address: Address): Promise<StandingPaymaster> {
  const contract = "InterchainGasPaymaster";
  const [owner, beneficiary, signers, domains] = await Promise.all([
    look.value<Address>(contract, address, "owner"),
    look.value<Address>(contract, address, "beneficiary"),
    look.value<Address[]>(contract, address, "quoteSigners"),
    look.value<bigint[]>(contract, address, "domains"),
  ]);
  const remotes = await Promise.all(domains.map((domain) => readRemote(look, address, domain)));
  const oracles = [...new Set(remotes.map(({ oracle }) => oracle))];
  const ours = await Promise.all(oracles.map((one) => look.is("StorageGasOracle", one)));
  const oracle = oracles.find((_, at) => ours[at]);
  return {
    type: "interchainGasPaymaster",
    address,
    owner,
    beneficiary,
    quoteSigners: [...signers],
    oracle: oracle
      ? { address: oracle, owner: await look.value("StorageGasOracle", oracle, "owner") }
      : null,
    remotes,
  };
}

async function readRemote(look: Look, paymaster: Address, domain: bigint) {
  const contract = "InterchainGasPaymaster";
  const [config, price] = await Promise.all([
    look.call(contract, paymaster, "destinationGasConfigs", [domain]),
    look.call(contract, paymaster, "getExchangeRateAndGasPrice", [domain]),
  ]);
  const [oracle, overhead] = config as unknown as [Address, bigint];
  const [tokenExchangeRate, gasPrice] = price as unknown as [bigint, bigint];
  return { domain: Number(domain), oracle, overhead, tokenExchangeRate, gasPrice };
}
