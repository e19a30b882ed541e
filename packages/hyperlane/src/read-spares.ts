import type { Address } from "@playbook/evm";
import { getCreateAddress } from "ethers";
import { type Asked, askedIn, partsOf } from "./hook-parts.ts";
import { modulesOf } from "./ism-parts.ts";
import type { Look } from "./look.ts";
import type {
  Addresses,
  Desired,
  Oracle,
  SpareParts,
  StandingCore,
  StandingHook,
  StandingIsm,
  StandingPaymaster,
} from "./model.ts";
import { readHook, readOracle } from "./read-hooks.ts";
import { readIsm } from "./read-isms.ts";

export const NO_SPARES: SpareParts = { isms: [], hooks: [], oracles: [], paymaster: undefined };

/** Of so many of the signer's last transactions it is asked what they made. */
const RECENT = 256;

/** So many codes are asked for at once: each may have 24 KiB. */
const AT_ONCE = 32;

type Place = {
  desired: Desired;
  signer: Address;
  /** The signer's next. */
  nonce: number;
  core: StandingCore;
  addresses: Addresses;
};

/**
 * What the signer has made for a mailbox and nothing of it uses: an owner has been asked to, and
 * has not done it yet. Only what the signer itself has made, by its code and all that it says, so
 * that nobody else can have put it there.
 */
export async function readSpares(
  look: Look,
  { desired, signer, nonce, core, addresses }: Place,
): Promise<SpareParts> {
  const used = new Set([...ismsIn(core.defaultIsm), ...hooksIn(core)]);
  const made = (await madeBy(look, signer, nonce)).filter((address) => !used.has(address));
  const { mailbox } = core;
  const asked = askedIn(desired);
  const isms = Promise.all(made.map((one) => readIsm(look, one, mailbox)));
  const hooks = Promise.all(made.map((one) => readHook(look, one, mailbox)));
  const oracles = Promise.all(made.map((one) => readSpareOracle(look, one, asked.domains)));
  return {
    isms: (await isms).filter(({ type }) => type !== "foreign"),
    hooks: (await hooks).filter(({ type }) => !ELSEWHERE.includes(type)),
    oracles: (await oracles).filter((one) => one !== undefined),
    paymaster: await readPaymaster(look, { core, addresses }, asked),
  };
}

/** There is one of each for a chain, which the registry lists. */
const ELSEWHERE: readonly StandingHook["type"][] = [
  "foreign",
  "interchainGasPaymaster",
  "merkleTreeHook",
];

/** What an account has made in its last transactions, the oldest first. */
async function madeBy(look: Look, account: Address, nonce: number): Promise<Address[]> {
  const first = Math.max(0, nonce - RECENT);
  const could = Array.from({ length: nonce - first }, (_, at) => {
    return getCreateAddress({ from: account, nonce: first + at }) as Address;
  });
  const made: Address[] = [];
  for (let at = 0; at < could.length; at += AT_ONCE) {
    const some = could.slice(at, at + AT_ONCE);
    const codes = await Promise.all(some.map((one) => look.code(one)));
    made.push(...some.filter((_, place) => codes[place] !== "0x"));
  }
  return made;
}

function ismsIn(ism: StandingIsm): Address[] {
  return [ism.address, ...modulesOf(ism).flatMap(ismsIn)];
}

/** With the oracles that a gas paymaster asks. */
function hooksIn({ requiredHook, defaultHook }: StandingCore): Address[] {
  const inOne = (hook: StandingHook): Address[] => [
    ...[hook.address, ...partsOf(hook).flatMap(inOne)],
    ...(hook.type === "interchainGasPaymaster" ? oraclesIn(hook) : []),
  ];
  return [requiredHook, defaultHook].flatMap(inOne);
}

function oraclesIn({ remotes, tokens }: StandingPaymaster): Address[] {
  return [...remotes, ...tokens.flatMap(({ prices }) => prices)].map(({ oracle }) => oracle);
}

async function readSpareOracle(
  look: Look,
  address: Address,
  domains: readonly number[],
): Promise<Oracle | undefined> {
  if (!(await look.is("StorageGasOracle", address))) return undefined;
  return readOracle(look, address, domains);
}

/** The one that the registry lists, if it is behind the chain's own proxy admin. */
async function readPaymaster(
  look: Look,
  { core, addresses }: Pick<Place, "core" | "addresses">,
  asked: Asked,
): Promise<StandingPaymaster | undefined> {
  const address = addresses.interchainGasPaymaster;
  if (!address) return undefined;
  const proxy = await look.proxy(address);
  if (proxy?.admin !== core.proxyAdmin.address) return undefined;
  const hook = await readHook(look, address, core.mailbox, asked);
  return hook.type === "interchainGasPaymaster" ? hook : undefined;
}
