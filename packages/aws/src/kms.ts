import { GetPublicKeyCommand, KMSClient, SignCommand } from "@aws-sdk/client-kms";
import { ActionError, type Context, reason } from "@playbook/action";
import { clientSettings } from "./client.ts";
import { codeOf, explainDenial } from "./failure.ts";
import { retry } from "./retry.ts";
import { type Session, withSession } from "./session.ts";
import { pointOf, type RecoveredSignature, signatureReader } from "./signature.ts";

/** A secp256k1 key that never leaves KMS. */
export type KmsKey = {
  readonly arn: string;
  /** Uncompressed public key, 65 bytes. */
  readonly point: Uint8Array;
  /** Signs a 32-byte digest. */
  sign(digest: Uint8Array): Promise<RecoveredSignature>;
};

/** KMS allows 300 to 1,200 signatures a second an account and region; this leaves room for others. */
const SIGNATURES_AT_ONCE = 24;
const PATIENCE_MS = 60_000;

type KeyInputs = {
  session: Session;
  /** Id, ARN, or alias. */
  key: string;
  context: Context;
};

/**
 * Opens a key: reads its public key and checks that it can sign for Ethereum. Throws `wrong-region`,
 * `key-missing`, `wrong-key-type`, `key-disabled`, `access-denied`.
 */
export async function openKey({ session, key, context }: KeyInputs): Promise<KmsKey> {
  checkRegion(key, session.region);
  const kms = new KMSClient({
    ...clientSettings({ service: "kms", region: session.region, maxAttempts: 1 }),
    credentials: session.credentials,
  });
  const patience = { deadlineMs: PATIENCE_MS, clock: context.clock, signal: context.signal };
  const ask = <Result>(work: () => Promise<Result>) =>
    retry(() => withSession(session, work), patience);

  const found = await ask(() => kms.send(new GetPublicKeyCommand({ KeyId: key }))).catch(
    (error) => {
      throw explain(error, key, "kms:GetPublicKey");
    },
  );
  const point = checkType(found, key);
  const arn = found.KeyId ?? key;
  const read = signatureReader(point);
  const limited = limit(SIGNATURES_AT_ONCE);

  return {
    arn,
    point,
    sign: (digest) =>
      limited(async () => {
        const command = new SignCommand({
          KeyId: key,
          Message: digest,
          MessageType: "DIGEST",
          SigningAlgorithm: "ECDSA_SHA_256",
        });
        const { Signature: der } = await ask(() => kms.send(command)).catch((error) => {
          throw explain(error, key, "kms:Sign");
        });
        return read(der ?? new Uint8Array(), digest);
      }),
  };
}

function checkRegion(key: string, region: string): void {
  const [, , , own] = key.split(":");
  if (!key.startsWith("arn:") || own === region) return;
  throw new ActionError("wrong-region", {
    what: `The key is in ${own}, and \`region\` is ${region}.`,
    why: "A KMS key signs in its own region only.",
    next: `Set region: ${own}, or give the key of ${region}.`,
  });
}

type PublicKey = { PublicKey?: Uint8Array; KeySpec?: string; KeyUsage?: string };

function checkType({ PublicKey: spki, KeySpec, KeyUsage }: PublicKey, key: string): Uint8Array {
  try {
    if (KeyUsage !== "SIGN_VERIFY") throw new Error("It is not for signing.");
    return pointOf(spki ?? new Uint8Array());
  } catch (error) {
    const kind = KeySpec ?? "of another kind";
    throw new ActionError(
      "wrong-key-type",
      {
        what: `The key ${key} cannot sign transactions.`,
        why: `It is ${kind}, for ${KeyUsage}; Ethereum needs ECC_SECG_P256K1 for SIGN_VERIFY.`,
        next: "Create a key of that kind; the action's template.yml does.",
      },
      { cause: error },
    );
  }
}

function explain(error: unknown, key: string, permission: string): unknown {
  const why = reason(error);
  switch (codeOf(error)) {
    case "NotFoundException":
    case "InvalidArnException":
      return new ActionError(
        "key-missing",
        { what: `There is no KMS key ${key}.`, why, next: "Correct `key`, or `region`." },
        { cause: error },
      );
    case "DisabledException":
    case "KMSInvalidStateException":
    case "KeyUnavailableException":
      return new ActionError(
        "key-disabled",
        { what: `The KMS key ${key} does not sign.`, why, next: "Enable it, then run this again." },
        { cause: error },
      );
    default:
      return explainDenial(error, permission, key);
  }
}

/** At most so many at once; the others wait for their turn in order. */
function limit(most: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };
}
