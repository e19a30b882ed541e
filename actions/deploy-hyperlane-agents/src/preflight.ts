import { ActionError, type Context } from "@playbook/action";
import { openKey, type Session } from "@playbook/aws";
import type { Address } from "@playbook/evm";
import { anybody, findCheckpoint, type SigningSight } from "@playbook/hyperlane";
import { type KubeClient, secrets } from "@playbook/kube";
import { computeAddress, hexlify } from "ethers";
import type { Chains } from "./chains.ts";
import type { Entry } from "./entry.ts";
import type { KeySight } from "./findings.ts";
import type { Funds } from "./funds.ts";
import { type UrlsFlaw, urlsFlaw } from "./rpc-secret.ts";
import type { SecretSight } from "./secret-findings.ts";
import type { Sight } from "./sight.ts";

type Key = { id: string; region: string };

/** What KMS says of each agent's key, by the agent's name. */
export async function lookAtKeys(
  entries: readonly Entry[],
  open: () => Promise<Session>,
  context: Context,
): Promise<Map<string, KeySight>> {
  const wanted = entries.flatMap((entry) => entry.wanted ?? []);
  const session = await open().catch((error) => unseen(error, ["no-credentials"]));
  const found = wanted.map(async ({ name, needs }): Promise<[string, KeySight]> => {
    return [name, "unseen" in session ? session : await keyIn(session, needs.key, context)];
  });
  return new Map(await Promise.all(found));
}

/** What KMS says of one key. */
export async function lookAtKey(
  key: Key,
  open: () => Promise<Session>,
  context: Context,
): Promise<KeySight> {
  const session = await open().catch((error) => unseen(error, ["no-credentials"]));
  return "unseen" in session ? session : keyIn(session, key, context);
}

async function keyIn(session: Session, { id: key, region }: Key, context: Context) {
  const own = { ...session, region };
  const opened = await openKey({ session: own, key, context }).catch((error) => trouble(error));
  if (!("point" in opened)) return opened;
  return { address: computeAddress(hexlify(opened.point)) as Address };
}

/** What is wrong with the key itself is a finding; anything else ends the run. */
function trouble(error: unknown): KeySight {
  const own = ["key-missing", "key-disabled", "wrong-key-type", "wrong-region"];
  if (error instanceof ActionError && own.includes(error.code)) return { trouble: error };
  return unseen(error, ["access-denied"]);
}

function unseen(error: unknown, codes: readonly string[]): { unseen: string } {
  if (error instanceof ActionError && codes.includes(error.code)) return { unseen: error.why };
  throw error;
}

/** What the Secrets with RPC URLs hold, by their names; no value of theirs is kept. */
export async function lookAtSecrets(
  entries: readonly Entry[],
  kube: KubeClient,
  namespace: string,
): Promise<Map<string, SecretSight>> {
  const names = new Set(entries.flatMap(({ wanted }) => wanted?.needs.rpcSecret ?? []));
  const found = [...names].map(async (name): Promise<[string, SecretSight]> => {
    try {
      const secret = await kube.find({ resource: secrets, name, namespace });
      return [name, secret ? flawsIn(secret) : "missing"];
    } catch (error) {
      if (error instanceof ActionError && error.code === "kube-forbidden") return [name, "unseen"];
      throw error;
    }
  });
  return new Map(await Promise.all(found));
}

function flawsIn({ data = {} }: { data?: Record<string, string> }): Map<string, UrlsFlaw | null> {
  const entries = Object.entries(data);
  return new Map(
    entries.map(([key, value]) => [key, urlsFlaw(Buffer.from(value, "base64").toString())]),
  );
}

/** Of what tree the newest checkpoint in each validator's bucket is, by the validator's name. */
export async function lookAtTrees(
  { agents }: Sight,
  context: Context,
): Promise<Map<string, Address>> {
  const found = agents.map(async ({ entry, bucket }): Promise<[string, Address][]> => {
    const place = entry.wanted?.needs.bucket;
    if (!place || !bucket || bucket.latest === null) return [];
    const newest = await findCheckpoint(place, bucket.latest, anybody(context));
    return typeof newest === "string" ? [] : [[entry.name, newest.signed.merkleTreeHook]];
  });
  return new Map((await Promise.all(found)).flat());
}

/**
 * Of validators that have still to announce themselves, and of relayers that are to deliver; of
 * nobody on a chain that does not answer.
 */
export async function lookAtFunds({ agents }: Sight, chains: Chains): Promise<Funds[]> {
  const asked = agents.flatMap(({ entry, signing }) => {
    const { name, kind, address, installed } = entry;
    const isInstalled = installed !== null;
    const chains = payingOn(entry, signing);
    return chains.map((chain) => ({ name, kind, chain, address, isInstalled }));
  });
  const found = await Promise.all(
    asked.map(async (one) => {
      const funds = await chains.funds(one.chain, one.address);
      return funds ? [{ ...one, ...funds }] : [];
    }),
  );
  return found.flat();
}

/** The chains on which an agent has to pay for gas; a validator does so once. */
function payingOn({ wanted }: Entry, signing: SigningSight | null): string[] {
  return signing?.isAnnounced || signing?.elsewhere ? [] : (wanted?.needs.paysOn ?? []);
}
