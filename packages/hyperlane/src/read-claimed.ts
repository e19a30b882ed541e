import type { Address } from "@playbook/evm";
import { NOBODY } from "./contract.ts";
import { partsOf } from "./hook-parts.ts";
import { modulesOf } from "./ism-parts.ts";
import type { Look } from "./look.ts";
import type {
  Claimed,
  Desired,
  Hook,
  Ism,
  StandingCore,
  StandingHook,
  StandingIsm,
} from "./model.ts";
import { readHook } from "./read-hooks.ts";
import { readIsm } from "./read-isms.ts";

/** What there is where a config says that a module or a hook is, beside what it says of it. */
export async function readClaimed(
  look: Look,
  { defaultIsm, defaultHook, requiredHook }: Desired,
  core: StandingCore | null,
): Promise<Claimed> {
  const mailbox = core?.mailbox ?? NOBODY;
  const knownIsms = core ? ismsIn<StandingIsm>([core.defaultIsm]) : [];
  const knownHooks = core ? hooksIn<StandingHook>([core.defaultHook, core.requiredHook]) : [];
  const [isms, hooks] = await Promise.all([
    found<StandingIsm>(ismsIn<Ism>([defaultIsm]), knownIsms, (at) => {
      return readIsm(look, at, mailbox);
    }),
    found<StandingHook>(hooksIn<Hook>([defaultHook, requiredHook]), knownHooks, (at) => {
      return readOwn(look, at, mailbox);
    }),
  ]);
  return { isms, hooks };
}

function ismsIn<One extends Ism>(some: readonly One[]): One[] {
  return some.flatMap((one) => [one, ...ismsIn(modulesOf(one) as One[])]);
}

function hooksIn<One extends Hook | StandingHook>(some: readonly One[]): One[] {
  return some.flatMap((one) => [one, ...hooksIn(partsOf(one as Hook) as One[])]);
}

async function found<Part extends { address: Address }>(
  wishes: readonly { at?: Address | undefined }[],
  known: readonly Part[],
  read: (at: Address) => Promise<Part>,
): Promise<Map<Address, Part>> {
  const parts = new Map(known.map((part) => [part.address, part]));
  const places = [...new Set(wishes.flatMap(({ at }) => at ?? []))];
  const entries = places.map(
    async (at): Promise<[Address, Part]> => [at, parts.get(at) ?? (await read(at))],
  );
  return new Map(await Promise.all(entries));
}

/** A tree of another mailbox takes in none of this one's messages. */
async function readOwn(look: Look, at: Address, mailbox: Address): Promise<StandingHook> {
  const hook = await readHook(look, at, mailbox);
  if (hook.type !== "merkleTreeHook") return hook;
  const served = await look.value<Address>("MerkleTreeHook", at, "mailbox");
  return served === mailbox ? hook : { type: "foreign", address: at };
}
