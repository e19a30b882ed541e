import { type ContractName, NOBODY } from "./contract.ts";
import { partsOf } from "./hook-parts.ts";
import { Look, type Wire } from "./look.ts";
import type { Desired, Hook, Ism, Observed } from "./model.ts";
import { readHook } from "./read-hooks.ts";
import { readIsm } from "./read-isms.ts";

/** Whether a wish has modules or hooks that it names by their addresses alone. */
export function namesAddresses({ defaultIsm, defaultHook, requiredHook }: Desired): boolean {
  return hasForeignIsm(defaultIsm) || [defaultHook, requiredHook].some(hasForeignHook);
}

function hasForeignIsm(ism: Ism): boolean {
  if ("modules" in ism) return ism.modules.some(hasForeignIsm);
  if ("routes" in ism) return ism.routes.some((route) => hasForeignIsm(route.ism));
  if ("lower" in ism) return [ism.lower, ism.upper].some(hasForeignIsm);
  return ism.type === "foreign";
}

function hasForeignHook(hook: Hook): boolean {
  return hook.type === "foreign" || partsOf(hook).some(hasForeignHook);
}

/** The wish with what stands at the addresses that it names; undefined where it names none. */
export async function lookedUp(
  wire: Wire,
  desired: Desired,
  observed: Observed,
): Promise<Desired | undefined> {
  if (!namesAddresses(desired)) return undefined;
  const look = new Look(wire, observed.block);
  const place = { look, mailbox: observed.core?.mailbox ?? NOBODY };
  const { defaultIsm, defaultHook, requiredHook } = desired;
  const [ism, ...hooks] = await Promise.all([
    ismAt(defaultIsm, place),
    hookAt(defaultHook, place),
    hookAt(requiredHook, place),
  ]);
  return { ...desired, defaultIsm: ism, defaultHook: hooks[0], requiredHook: hooks[1] };
}

type Place = { look: Look; mailbox: typeof NOBODY };

async function ismAt(ism: Ism, place: Place): Promise<Ism> {
  if (ism.type === "foreign") return readIsm(place.look, ism.address, place.mailbox);
  if ("modules" in ism) {
    return { ...ism, modules: await Promise.all(ism.modules.map((one) => ismAt(one, place))) };
  }
  if ("routes" in ism) {
    const routes = ism.routes.map(async (one) => ({ ...one, ism: await ismAt(one.ism, place) }));
    return { ...ism, routes: await Promise.all(routes) };
  }
  if (!("lower" in ism)) return ism;
  return { ...ism, lower: await ismAt(ism.lower, place), upper: await ismAt(ism.upper, place) };
}

async function hookAt(hook: Hook, place: Place): Promise<Hook> {
  switch (hook.type) {
    case "foreign":
      return standingHook(hook, place);
    case "aggregationHook":
      return { ...hook, hooks: await Promise.all(hook.hooks.map((one) => hookAt(one, place))) };
    case "domainRoutingHook":
      return { ...hook, ways: await waysAt(hook.ways, place) };
    case "fallbackRoutingHook": {
      const fallback = await hookAt(hook.fallback, place);
      return { ...hook, ways: await waysAt(hook.ways, place), fallback };
    }
    case "amountRoutingHook": {
      const lower = await hookAt(hook.lower, place);
      return { ...hook, lower, upper: await hookAt(hook.upper, place) };
    }
    default:
      return hook;
  }
}

function waysAt(ways: { domain: number; hook: Hook }[], place: Place) {
  return Promise.all(ways.map(async (way) => ({ ...way, hook: await hookAt(way.hook, place) })));
}

const TREE: ContractName = "MerkleTreeHook";

/** A tree of another mailbox takes in none of this one's messages. */
async function standingHook(
  hook: Hook & { type: "foreign" },
  { look, mailbox }: Place,
): Promise<Hook> {
  const found = await readHook(look, hook.address, mailbox);
  const isOurs =
    found.type !== "merkleTreeHook" ||
    (await look.value(TREE, hook.address, "mailbox")) === mailbox;
  // What a paymaster charges is the one thing in which what stands is not like what is wished for.
  return isOurs ? (found as Hook) : hook;
}
