import type { Address, Hex } from "@playbook/evm";
import type { Look } from "./look.ts";
import { readMinimalProxy } from "./minimal-proxy.ts";
import type { Route, StandingIsm } from "./model.ts";
import { membersIn, readSet, SET_CODE, type SetType, signersIn } from "./static-set.ts";

const MODULE_SETS = [
  "messageIdMultisigIsm",
  "merkleRootMultisigIsm",
  "weightedMessageIdMultisigIsm",
  "weightedMerkleRootMultisigIsm",
  "staticAggregationIsm",
] as const;

type Place = { look: Look; address: Address; mailbox: Address; above: readonly Address[] };

/** What a security module of a mailbox is, by its code, and all that it is made of. */
export function readIsm(look: Look, address: Address, mailbox: Address): Promise<StandingIsm> {
  return readPlaced({ look, address, mailbox, above: [] });
}

/** A part of a module. */
function readPart({ above, ...place }: Place, address: Address): Promise<StandingIsm> {
  return readPlaced({ ...place, address, above: [...above, place.address] });
}

async function readPlaced(place: Place): Promise<StandingIsm> {
  const { look, address, above } = place;
  // What asks itself would be read for ever, and takes no message.
  if (above.includes(address)) return { type: "foreign", address };
  const code = await look.code(address);
  const set = readSet(code);
  if (set) return readMadeSet(place, set);
  const proxied = readMinimalProxy(code);
  return proxied ? readClone(place, proxied) : readSingle(place);
}

async function readMadeSet(
  place: Place,
  { implementation, data }: { implementation: Address; data: Hex },
): Promise<StandingIsm> {
  const { look, address } = place;
  const type = await typeOfSet(look, implementation, MODULE_SETS);
  switch (type) {
    case undefined:
      return { type: "foreign", address };
    case "weightedMessageIdMultisigIsm":
    case "weightedMerkleRootMultisigIsm":
      return { type, address, ...signersIn(data) };
    case "staticAggregationIsm": {
      const { values, threshold } = membersIn(data);
      const modules = await Promise.all(values.map((one) => readPart(place, one)));
      return { type, address, modules, threshold };
    }
    default: {
      const { values: validators, threshold } = membersIn(data);
      return { type, address, validators, threshold };
    }
  }
}

/** Of what type a set is, by what it delegates to. */
export async function typeOfSet<Type extends SetType>(
  look: Look,
  implementation: Address,
  among: readonly Type[],
): Promise<Type | undefined> {
  const contract = await look.which(
    implementation,
    among.map((type) => SET_CODE[type]),
  );
  return among.find((type) => SET_CODE[type] === contract);
}

/** What the factories of routing modules make. */
async function readClone(place: Place, implementation: Address): Promise<StandingIsm> {
  const contract = await place.look.which(implementation, [
    "DomainRoutingIsm",
    "IncrementalDomainRoutingIsm",
  ]);
  if (!contract) return { type: "foreign", address: place.address };
  const isPlain = contract === "DomainRoutingIsm";
  return readRouting(place, isPlain ? "domainRoutingIsm" : "incrementalDomainRoutingIsm");
}

async function readSingle(place: Place): Promise<StandingIsm> {
  const { look, address } = place;
  const contract = await look.which(address, [
    "AtomicInitDomainRoutingIsm",
    "AtomicInitIncrementalDomainRoutingIsm",
    "AtomicInitDefaultFallbackRoutingIsm",
    "AmountRoutingIsm",
    "BlacklistIsm",
    "PausableIsm",
    "StorageAggregationIsm",
    "StorageMerkleRootMultisigIsm",
    "StorageMessageIdMultisigIsm",
    "TestIsm",
    "TrustedRelayerIsm",
  ]);
  switch (contract) {
    case "AtomicInitDomainRoutingIsm":
      return readRouting(place, "domainRoutingIsm");
    case "AtomicInitIncrementalDomainRoutingIsm":
      return readRouting(place, "incrementalDomainRoutingIsm");
    case "AtomicInitDefaultFallbackRoutingIsm":
      return ifServed(place, contract, () => readRouting(place, "defaultFallbackRoutingIsm"));
    case "AmountRoutingIsm":
      return readAmount(place);
    case "BlacklistIsm":
      return readBlacklist(place);
    case "PausableIsm":
      return readPausable(place);
    case "StorageAggregationIsm":
      return readAggregation(place);
    case "StorageMerkleRootMultisigIsm":
      return readMultisig(place, contract, "storageMerkleRootMultisigIsm");
    case "StorageMessageIdMultisigIsm":
      return readMultisig(place, contract, "storageMessageIdMultisigIsm");
    case "TestIsm":
      return { type: "testIsm", address };
    case "TrustedRelayerIsm":
      return ifServed(place, contract, async () => ({
        ...{ type: "trustedRelayerIsm", address },
        relayer: await look.value(contract, address, "trustedRelayer"),
      }));
    default:
      return { type: "foreign", address };
  }
}

/** One that asks another mailbox is none of this one's. */
async function ifServed(
  { look, address, mailbox }: Place,
  contract: "AtomicInitDefaultFallbackRoutingIsm" | "TrustedRelayerIsm",
  read: () => Promise<StandingIsm>,
): Promise<StandingIsm> {
  const served = await look.value<Address>(contract, address, "mailbox");
  return served === mailbox ? read() : { type: "foreign", address };
}

async function readPausable({ look, address }: Place): Promise<StandingIsm> {
  const [owner, paused] = await Promise.all([
    look.value<Address>("PausableIsm", address, "owner"),
    look.value<boolean>("PausableIsm", address, "paused"),
  ]);
  return { type: "pausableIsm", address, owner, paused };
}

async function readBlacklist({ look, address }: Place): Promise<StandingIsm> {
  const [owner, ids] = await Promise.all([
    look.value<Address>("BlacklistIsm", address, "owner"),
    look.value<Hex[]>("BlacklistIsm", address, "values"),
  ]);
  return { type: "blacklistIsm", address, owner, ids: [...ids] };
}

async function readRouting(
  place: Place,
  type: "domainRoutingIsm" | "defaultFallbackRoutingIsm" | "incrementalDomainRoutingIsm",
): Promise<StandingIsm> {
  const { look, address } = place;
  const [owner, domains] = await Promise.all([
    look.value<Address>("DomainRoutingIsm", address, "owner"),
    look.value<bigint[]>("DomainRoutingIsm", address, "domains"),
  ]);
  const routes = domains.map(async (domain): Promise<Route<{ address: Address }>> => {
    const [module] = await look.call("DomainRoutingIsm", address, "module", [domain]);
    return { domain: Number(domain), ism: await readPart(place, module) };
  });
  return { type, address, owner, routes: await Promise.all(routes) };
}

async function readAmount(place: Place): Promise<StandingIsm> {
  const { look, address } = place;
  const part = (method: string) =>
    look.value<Address>("AmountRoutingIsm", address, method).then((one) => readPart(place, one));
  const [lower, upper, threshold] = await Promise.all([
    part("lower"),
    part("upper"),
    look.value<bigint>("AmountRoutingIsm", address, "threshold"),
  ]);
  return { type: "amountRoutingIsm", address, lower, upper, threshold };
}

/** Made by its constructor it belongs to nobody; a clone would have an owner, and is not read. */
async function readMultisig(
  { look, address }: Place,
  contract: "StorageMerkleRootMultisigIsm" | "StorageMessageIdMultisigIsm",
  type: "storageMerkleRootMultisigIsm" | "storageMessageIdMultisigIsm",
): Promise<StandingIsm> {
  const [validators, threshold] = await look.call(contract, address, "validatorsAndThreshold", [
    "0x",
  ]);
  return { type, address, validators: [...validators], threshold: Number(threshold) };
}

async function readAggregation(place: Place): Promise<StandingIsm> {
  const { look, address } = place;
  const contract = "StorageAggregationIsm";
  const [values, threshold] = await look.call(contract, address, "modulesAndThreshold", ["0x"]);
  const modules = [...(values as Address[])].map((one) => readPart(place, one));
  return {
    ...{ type: "storageAggregationIsm", address },
    ...{ modules: await Promise.all(modules), threshold: Number(threshold) },
  };
}
