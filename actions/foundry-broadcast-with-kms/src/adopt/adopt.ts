import { ActionError, type Context, type Report } from "@playbook/action";
import type { Quorums, RpcUrl } from "@playbook/broadcast";
import { all, connectionTo, type Reach, writerOf } from "@playbook/broadcast";
import {
  type Address,
  type Adoptable,
  adoptKey,
  connect,
  type Deployment,
  Endpoint,
  findAdoption,
  gasPolicy,
  within,
} from "@playbook/evm";
import type { Store } from "@playbook/state";
import { appendManifest, numbered, type StoredManifest } from "../apply/manifest.ts";
import { open } from "../apply/state.ts";
import { findChains, type Reachable } from "../plan/chains.ts";
import { type Recorded, readBroadcasts } from "./broadcast-files.ts";
import { adoptedManifest } from "./manifest.ts";
import { compare, type Finding, type Found } from "./match.ts";
import { summarizeAdopted } from "./summary.ts";

export type AdoptInputs = {
  deployment: Deployment;
  chains: string[];
  chainsFile: string;
  rpcUrls: RpcUrl[];
  quorum?: Quorums;
  /** Address that the key must have, when it is said. */
  sender?: string | undefined;
  /** Folder, or file, of what forge has broadcast. */
  broadcast?: string | undefined;
  /** Which run it is, for whoever reads what it stored. */
  run?: string | undefined;
};

/** A key without its power to sign, and the place for its ledgers. */
export type Keyed = { signer: Address; store: Store };

/** What a chain has shown of the key and of forge's record. */
export type Survey = {
  reachable: Reachable;
  endpoint: Endpoint;
  adoptable: Adoptable;
  findings: Finding[];
};

/** Takes a used key over, and what forge has deployed: see `adoptAs`. */
export async function adopt(inputs: AdoptInputs & Reach, context: Context): Promise<Report> {
  for (const { value } of inputs.rpcUrls) context.mask(value);
  const { signer, store, checked } = await open(inputs, { signs: false }, context);
  await checked;
  return adoptAs({ signer: signer.address, store }, inputs, { writes: true }, context);
}

/**
 * Compares a key's ledgers, and what forge has recorded, with the chains; shows it, and writes it
 * down when it may: entry 0 of a ledger that is not there, the nonces that somebody else used
 * since, and the contracts into the environment's manifest. All chains are looked at before
 * anything is written. A second run finds nothing left to do.
 */
export async function adoptAs(
  { signer, store }: Keyed,
  inputs: AdoptInputs,
  { writes }: { writes: boolean },
  context: Context,
): Promise<Report> {
  checkSaid(signer, inputs.sender);
  const writer = writerOf(inputs);
  const reachable = await findChains(inputs);
  const records = inputs.broadcast ? await readBroadcasts(inputs.broadcast) : [];
  const looking = reachable.map((one) =>
    survey({ reachable: one, signer, store, writer, records, quorum: inputs.quorum, context }),
  );
  const surveys = all(await Promise.allSettled(looking));

  if (writes) {
    const adopting = surveys.map(({ reachable: { chain }, endpoint, adoptable }) =>
      adoptKey({ chain, signer, endpoint, store, writer }, adoptable),
    );
    all(await Promise.allSettled(adopting));
  }
  const stored = writes
    ? await appendManifest({ ...inputs, store, writer, isNew: true }, (entries) =>
        adoptedManifest(entries.at(-1), inputs.deployment, surveys),
      )
    : undefined;
  const strays = records.filter(({ chainId }) =>
    reachable.every(({ chain }) => chain.chainId !== chainId),
  );
  const { deployment } = inputs;
  const summary = summarizeAdopted({ deployment, signer, surveys, strays, stored, writes });
  return { outputs: outputsOf(surveys, stored), summary };
}

type Asked = {
  reachable: Reachable;
  signer: Address;
  store: Store;
  writer: string;
  records: Recorded[];
  quorum: Quorums | undefined;
  context: Context;
};

async function survey(asked: Asked): Promise<Survey> {
  const { reachable, signer, store, writer } = asked;
  const { chain, urls } = reachable;
  const endpoint = new Endpoint(connect(urls, connectionTo(chain.name, asked)), gasPolicy(chain));
  const adoptable = await findAdoption({ chain, signer, endpoint, store, writer });
  const own = asked.records.filter(({ chainId }) => chainId === chain.chainId);
  const findings = await within(chain.name, endpoint, async () => {
    const hashes = own.flatMap(({ hash }) => hash ?? []);
    const addresses = own.flatMap(({ creates }) => creates.map(({ address }) => address));
    const raw = await endpoint.rawReceipts(hashes);
    const found = new Map([...raw].map(([hash, receipt]) => [hash, foundIn(receipt)]));
    const withCode = await endpoint.withCode([...new Set(addresses)]);
    return compare(own, { found, withCode, final: adoptable.seen.block }, signer);
  });
  return { reachable, endpoint, adoptable, findings };
}

/** A receipt in the node's words. */
function foundIn(receipt: object): Found {
  const raw = receipt as Record<string, string | null>;
  return {
    from: raw.from ?? "",
    to: raw.to ?? null,
    succeeded: Number(raw.status) === 1,
    block: Number(raw.blockNumber),
    contract: raw.contractAddress ?? null,
  };
}

function outputsOf(surveys: Survey[], stored: StoredManifest | undefined) {
  const addresses = surveys.map(({ reachable: { chain }, findings }) => {
    const standing = findings.flatMap((one) => one.standing);
    const named = standing.map(({ name, address }) => ({ contract: name, address }));
    return [chain.name, Object.fromEntries(numbered(named))];
  });
  return {
    changed: false,
    addresses: Object.fromEntries(addresses),
    manifest: stored?.location ?? "",
    "manifest-digest": stored?.digest ?? "",
  };
}

function checkSaid(signer: Address, said: string | undefined): void {
  if (said === undefined || said === signer) return;
  throw new ActionError("wrong-key", {
    what: `The key's address is ${signer}.`,
    why: `\`sender\` says ${said}.`,
    next: `Give the key of ${said}, or correct it.`,
  });
}
