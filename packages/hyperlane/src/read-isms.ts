import type { Address } from "@playbook/evm";
import type { Look } from "./look.ts";
import { readMinimalProxy } from "./minimal-proxy.ts";
import type { StandingIsm } from "./model.ts";
import { readSet, SET_CODE, type SetType } from "./static-set.ts";

const MODULE_SETS = [
  "messageIdMultisigIsm",
  "merkleRootMultisigIsm",
  "staticAggregationIsm",
] as const;

/** What a security module is, by its code, and all that it is made of. */
export async function readIsm(look: Look, address: Address): Promise<StandingIsm> {
  const code = await look.code(address);
  const set = readSet(code);
  if (set) {
    const type = await typeOfSet(look, set.implementation, MODULE_SETS);
    if (!type) return { type: "foreign", address };
    if (type !== "staticAggregationIsm") {
      return { type, address, validators: set.values, threshold: set.threshold };
    }
    const modules = await Promise.all(set.values.map((one) => readIsm(look, one)));
    return { type, address, modules, threshold: set.threshold };
  }
  const contract = await look.which(readMinimalProxy(code) ?? address, [
    "AtomicInitDomainRoutingIsm",
    "DomainRoutingIsm",
    "PausableIsm",
  ]);
  if (contract === "PausableIsm") return readPausable(look, address);
  return contract ? readRouting(look, address) : { type: "foreign", address };
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

async function readPausable(look: Look, address: Address): Promise<StandingIsm> {
  const [owner, paused] = await Promise.all([
    look.value<Address>("PausableIsm", address, "owner"),
    look.value<boolean>("PausableIsm", address, "paused"),
  ]);
  return { type: "pausableIsm", address, owner, paused };
}

async function readRouting(look: Look, address: Address): Promise<StandingIsm> {
  const [owner, domains] = await Promise.all([
    look.value<Address>("DomainRoutingIsm", address, "owner"),
    look.value<bigint[]>("DomainRoutingIsm", address, "domains"),
  ]);
  const routes = domains.map(async (domain) => {
    const [module] = await look.call("DomainRoutingIsm", address, "module", [domain]);
    return { domain: Number(domain), ism: await readIsm(look, module) };
  });
  return { type: "domainRoutingIsm", address, owner, routes: await Promise.all(routes) };
}
