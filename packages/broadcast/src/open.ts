import { createHash, randomUUID } from "node:crypto";
import { type Statement, sessionPolicy } from "@playbook/access";
import { type Context, later } from "@playbook/action";
import { openKey, openSession, readS3Store, type Session, tryS3Store } from "@playbook/aws";
import type { Address, Signer } from "@playbook/evm";
import { onceChecked, openFolder, type Store, unlessFirst } from "@playbook/state";
import { type S3Location, s3Location } from "@playbook/state/s3-location";
import { computeAddress, hexlify } from "ethers";

export type Reach = {
  role?: string | undefined;
  region: string;
  /** KMS key: id, ARN or alias. */
  key: string;
  /** `s3://bucket/prefix`, or a folder. */
  state: string;
};

/**
 * The two things that a release needs beside the chains: a key that signs, and a place for state.
 */
export type Opened = {
  signer: Signer;
  /** Can be read at once; what is created waits for `checked`. */
  store: Store;
  /** Throws what is wrong with the key or the store. */
  checked: Promise<void>;
};

/** The name under which a run writes: like no other, and a person sees whose it is. */
export function writerOf({ run = "a run" }: { run?: string | undefined }): string {
  return `${run} (${randomUUID()})`;
}

/**
 * What a key signs on trial: a hash by SHA-256, and so that of no transaction and no message, which
 * are hashed by Keccak.
 */
export const TRIAL = createHash("sha256").update("khalani/playbook: does this key sign?").digest();

/** How a state is written that is kept in a bucket. */
const EXAMPLE = "s3://acme-state/contracts";

/** What a folder keeps, and what it means that it is gone with its machine. */
const FOLDER = {
  kept: "The state is kept",
  lost: "a release that is not finished cannot be continued",
};

/** What an action may do, as its access.yml says, and what its session is called. */
export type Rights = { statements: readonly Statement[]; session: string };

/**
 * Opens key and state in one session that is narrowed to exactly these two. A run that signs lets
 * the key sign a digest of nothing: a right that is missing is told before anything is begun.
 */
export async function openSigner(
  inputs: Reach,
  { statements, session: name, signs }: Rights & { signs: boolean },
  context: Context,
): Promise<Opened> {
  const { role, region } = inputs;
  const location = s3Location(inputs.state, EXAMPLE);
  const policy = policyOf(inputs, statements, location);
  const session = await openSession({ role, region, policy, name, context });

  const opening = openKey({ session, key: inputs.key, context });
  const { store, tried } = location
    ? tryS3Store({ session, ...location, context })
    : { store: openFolder(inputs.state, FOLDER, context), tried: Promise.resolve() };
  const signed = opening.then(async (key) => void (signs && (await key.sign(TRIAL))));
  const checked = later(Promise.all([tried, signed]).then(() => {}));

  const key = await unlessFirst(checked, opening);
  const address = computeAddress(hexlify(key.point)) as Address;
  return { signer: { address, sign: key.sign }, store: onceChecked(store, checked), checked };
}

/** What a run keeps, for looking at it only: nothing can be created in it. */
export async function readState(
  state: string,
  open: () => Promise<Session>,
  context: Context,
): Promise<Store> {
  const location = s3Location(state, EXAMPLE);
  const store = location
    ? readS3Store({ session: await open(), ...location, context })
    : openFolder(state, FOLDER, context);
  return {
    location: store.location,
    read: (key) => store.read(key),
    list: (...which) => store.list(...which),
    create: async () => {
      throw new Error("Who looks creates nothing.");
    },
  };
}

/** The statements of access.yml for this key and this prefix; those of S3 only where S3 is used. */
function policyOf(
  { role, region, key, state }: Reach,
  statements: readonly Statement[],
  location: S3Location | undefined,
) {
  const used = statements.filter(
    ({ actions }) => location !== undefined || actions.every((one) => !one.startsWith("s3:")),
  );
  const partition = role?.split(":")[1] ?? "aws";
  const keyArn = keyArnOf({ role, region, key, state }, partition);
  return sessionPolicy(used, { partition, keyArn, ...location });
}

/** An alias does not say which key it is; then the role's own policy is what names the key. */
function keyArnOf({ role, region, key }: Reach, partition: string): string {
  if (key.startsWith("arn:") && key.includes(":key/")) return key;
  const account = key.startsWith("arn:") ? key.split(":")[4] : (role?.split(":")[4] ?? "*");
  const id = key.includes("alias/") ? "*" : key;
  return `arn:${partition}:kms:${region}:${account}:key/${id}`;
}
