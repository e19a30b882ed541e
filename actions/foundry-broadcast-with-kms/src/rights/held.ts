import type { Address, BlockTag, Endpoint, Held, Hex, Rights } from "@playbook/evm";
import {
  ADMIN_SLOT,
  type Ask,
  DEFAULT_ADMIN_ROLE,
  hasNumberedRole,
  hasRole,
  knowsNumberedRoles,
  knowsRoles,
  names,
  numberedRoleAsks,
  roleAsks,
  rulerAsks,
} from "./question.ts";

type Place = Rights["contracts"][number];

/** Where a chain is asked, and as of which block. */
export type Look = { endpoint: Endpoint; block: BlockTag };

/**
 * What an account holds over the contracts of one chain: ownership in its usual forms, the admin of
 * a proxy, roles of AccessControl and of AccessManager. Throws what the node refuses to say.
 */
export async function heldBy(
  account: Address,
  contracts: Place[],
  roles: Rights["roles"],
  look: Look,
): Promise<Held[]> {
  const [ruled, administered, kinds] = await Promise.all([
    ask(contracts, () => rulerAsks(account), look),
    adminOf(account, contracts, look),
    kindsOf(account, contracts, look),
  ]);
  const given = await ask(
    contracts,
    (_, at) => [
      ...(kinds[at]?.hasRoles ? roleAsks(roles, account) : []),
      ...(kinds[at]?.hasNumbers ? numberedRoleAsks(roles, account) : []),
    ],
    look,
  );
  return contracts.flatMap((contract, at) => {
    const rights = [...(ruled[at] ?? []), ...(administered[at] ?? []), ...(given[at] ?? [])];
    return [...new Set(rights)].map((right) => ({ ...contract, right }));
  });
}

/** For each contract the rights that it grants, out of those that it is asked for. */
async function ask(
  contracts: Place[],
  asksOf: (contract: Place, at: number) => Ask[],
  { endpoint, block }: Look,
): Promise<string[][]> {
  const asks = contracts.map(asksOf);
  const calls = contracts.flatMap(({ address }, at) =>
    (asks[at] ?? []).map(({ data }) => ({ to: address, data })),
  );
  const answers = await endpoint.answers(calls, block);
  return asks.map((own) => {
    const said = answers.splice(0, own.length);
    return own.filter(({ says }, at) => says(said[at])).map(({ right }) => right);
  });
}

async function adminOf(
  account: Address,
  contracts: Place[],
  { endpoint, block }: Look,
): Promise<string[][]> {
  const addresses = contracts.map(({ address }) => address);
  const words = await endpoint.words(addresses, ADMIN_SLOT, block);
  return words.map((word) => (names(word, account) ? ["admin"] : []));
}

/** Those of the contracts that have roles by the hashes of their names. */
export async function withRoles(
  account: Address,
  contracts: Place[],
  look: Look,
): Promise<Place[]> {
  const kinds = await kindsOf(account, contracts, look);
  return contracts.filter((_, at) => kinds[at]?.hasRoles);
}

type Kind = { hasRoles: boolean; hasNumbers: boolean };

async function kindsOf(
  account: Address,
  contracts: Place[],
  { endpoint, block }: Look,
): Promise<Kind[]> {
  const probes: Hex[] = [hasRole(DEFAULT_ADMIN_ROLE, account), hasNumberedRole("0", account)];
  const calls = contracts.flatMap(({ address }) => probes.map((data) => ({ to: address, data })));
  const answers = await endpoint.answers(calls, block);
  return contracts.map((_, at) => ({
    hasRoles: knowsRoles(answers[2 * at]),
    hasNumbers: knowsNumberedRoles(answers[2 * at + 1]),
  }));
}
