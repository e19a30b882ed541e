import { type Address, Endpoint, type Held, type Hex, type Rights, within } from "@playbook/evm";
import { AbiCoder, getAddress, id } from "ethers";
import { heldBy, withRoles } from "../rights/held.ts";
import { type Keep, rightsPlanned, undeclared } from "../rights/keeps.ts";
import { selector, USUAL_ROLES, wordOf } from "../rights/question.ts";
import type { Artifacts } from "./artifact.ts";
import type { Fork } from "./fork.ts";
import type { Names } from "./label.ts";
import type { Happened } from "./simulation.ts";
import { CREATE2_FACTORY } from "./steps.ts";
import { addressesIn, type Trace } from "./trace.ts";

/** The release as it has happened on the forks. */
export type Ended = {
  forks: Fork[];
  happened: Happened[];
  traces: Map<Happened, Trace>;
  names: Map<Fork, Names>;
  artifacts: Artifacts;
  sender: Address;
  keeps: Keep[];
  /**
   * False for a part of a release after which other parts come: they may need what the key holds.
   */
  isLast: boolean;
  /** What the parts before looked at, which the end of the release answers for, too. */
  earlier?: Rights | undefined;
};

/**
 * What the key holds when all has happened, over every contract that the release made or called.
 * Throws `rights-left` when the release ends without declaring all of it.
 */
export async function findRights(ended: Ended): Promise<Rights> {
  const found = await Promise.all(ended.forks.map((fork) => rightsOn(fork, ended)));
  const held = found.flatMap((one) => one.held);
  const left = undeclared(held, ended.keeps);
  if (ended.isLast && left.length > 0) throw rightsPlanned(left);
  return {
    contracts: found.flatMap((one) => one.contracts),
    roles: Object.assign({}, ...found.map((one) => one.roles)),
    keeps: ended.keeps,
    held,
  };
}

type Found = Pick<Rights, "contracts" | "roles"> & { held: Held[] };

async function rightsOn(fork: Fork, ended: Ended): Promise<Found> {
  const { sender, artifacts, traces } = ended;
  const own = ended.happened.filter((one) => one.fork === fork);
  const names = ended.names.get(fork);
  const touched = new Set(own.flatMap((one) => addressesIn((traces.get(one) as Trace).calls)));
  const known = ended.earlier?.contracts.filter(({ chain }) => chain === fork.live.name) ?? [];
  const seen = new Set(known.map(({ address }) => address.toLowerCase()));
  const added = [...touched]
    .filter((address) => isContract(address, sender) && !seen.has(address))
    .map((address) => ({
      ...{ chain: fork.live.name, address: getAddress(address) as Address },
      contract: names?.get(address) ?? null,
    }));
  const contracts = [...known, ...added];

  const look = { endpoint: new Endpoint(fork.rpc), block: "latest" } as const;
  return within(fork.live.name, look.endpoint, async () => {
    const having = await withRoles(sender, contracts, look);
    const constants = await constantsOf(having, artifacts, look.endpoint);
    const roles = {
      ...ended.earlier?.roles,
      ...rolesIn(own),
      ...Object.fromEntries(artifacts.roles),
      ...constants,
    };
    return { contracts, roles, held: await heldBy(sender, contracts, roles, look) };
  });
}

/** Precompiled contracts and the factory obey nobody. */
function isContract(address: string, sender: Address): boolean {
  const nobody = [sender, CREATE2_FACTORY].map((one) => one.toLowerCase());
  return !nobody.includes(address) && BigInt(address) > 0xffffn;
}

/** Roles by the contracts' own constants: most are the hash of their name, but not all. */
async function constantsOf(
  contracts: Rights["contracts"],
  { roles }: Artifacts,
  endpoint: Endpoint,
): Promise<Rights["roles"]> {
  const names = [...new Set([...roles.values(), ...USUAL_ROLES])];
  const asked = contracts.flatMap(({ address: to }) => names.map((name) => ({ to, name })));
  const calls = asked.map(({ to, name }) => ({ to, data: selector(`${name}()`) as Hex }));
  const answers = await endpoint.answers(calls, "latest");
  const found = asked.flatMap(({ name }, at) => {
    const word = wordOf(answers[at]);
    // Below that it is no hash: an AccessManager's constants are numbers.
    return word !== undefined && BigInt(word) > 2n ** 64n ? [[word, name] as const] : [];
  });
  return Object.fromEntries(found);
}

type Log = { topics: string[]; data: Hex };

const GRANTED = id("RoleGranted(bytes32,address,address)");
const NUMBER_GRANTED = id("RoleGranted(uint64,address,uint32,uint48,bool)");
const LABELLED = id("RoleLabel(uint64,string)");

/**
 * Roles that the release itself deals with, and the names that an AccessManager has for its own.
 */
function rolesIn(happened: Happened[]): Rights["roles"] {
  const logs = happened.flatMap(({ mined }) => (mined.receipt as { logs?: Log[] }).logs ?? []);
  const granted = logs.filter(({ topics: [event] }) => event !== LABELLED);
  const labelled = logs.filter(({ topics: [event] }) => event === LABELLED);
  return Object.assign({}, ...[...granted, ...labelled].map(roleIn));
}

function roleIn({ topics: [event, role = "0x0"], data }: Log): Rights["roles"] {
  const number = BigInt(role).toString();
  if (event === GRANTED) return { [role.toLowerCase()]: role.toLowerCase() };
  if (event === NUMBER_GRANTED) return { [number]: `role ${number}` };
  if (event !== LABELLED) return {};
  const [label] = AbiCoder.defaultAbiCoder().decode(["string"], data);
  return { [number]: String(label) };
}
