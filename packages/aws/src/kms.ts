import { GetPublicKeyCommand, KMSClient, SignCommand } from "@aws-sdk/client-kms";
import { ActionError, type Context, goOn, reason } from "@playbook/action";
import { clientSettings } from "./client.ts";
import { codeOf, explain } from "./failure.ts";
import { insist } from "./insist.ts";
import type { Session } from "./session.ts";
import { pointOf, type RecoveredSignature, signatureReader } from "./signature.ts";
import { turns } from "./turns.ts";

/** A secp256k1 key that never leaves KMS. */
export type KmsKey = {
  readonly arn: string;
  /** Uncompressed public key, 65 bytes. */
  readonly point: Uint8Array;
  /** Signs a 32-byte digest. */
  sign(digest: Uint8Array): Promise<RecoveredSignature>;
};

/**
 * KMS allows 300 to 1,200 signatures a second an account and region; this leaves room for others.
 */
const SIGNATURES_AT_ONCE = 24;

type KeyInputs = {
  session: Session;
  /** Id, ARN, or alias. */
  key: string;
  context: Context;
};

/**
 * Opens a key: reads its public key and checks that it can sign for Ethereum. Throws
 * `wrong-region`, `key-missing`, `wrong-key-type`, `key-disabled`, and what every call of AWS may
 * throw.
 */
export async function openKey({ session, key, context }: KeyInputs): Promise<KmsKey> {
  checkRegion(key, session.region);
  const { signal } = context;
  const kms = new KMSClient({
    ...clientSettings({ service: "kms", region: session.region, maxAttempts: 1 }),
    credentials: session.credentials,
  });
  const ask = async <Result>(permission: string, work: () => Promise<Result>) => {
    try {
      return await insist(work, { session, context });
    } catch (error) {
      throw explainKey(error, key, permission);
    }
  };

  const asked = new GetPublicKeyCommand({ KeyId: key });
  const found = await ask("kms:GetPublicKey", () => kms.send(asked, { abortSignal: signal }));
  const point = checkType(found, key);
  // From now on by its ARN: an alias may be given to another key while this runs.
  const arn = found.KeyId ?? key;
  const read = signatureReader(point);
  const inTurn = turns(SIGNATURES_AT_ONCE);

  const sign = async (digest: Uint8Array) => {
    goOn(context);
    const command = new SignCommand({
      KeyId: arn,
      Message: digest,
      MessageType: "DIGEST",
      SigningAlgorithm: "ECDSA_SHA_256",
    });
    const signed = await ask("kms:Sign", () => kms.send(command, { abortSignal: signal }));
    return read(signed.Signature ?? new Uint8Array(), digest);
  };
  return { arn, point, sign: (digest) => inTurn(() => sign(digest)) };
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
    throw wrongType(key, `It is ${KeySpec}, for ${KeyUsage}.`, error);
  }
}

function wrongType(key: string, why: string, cause: unknown): ActionError {
  return new ActionError(
    "wrong-key-type",
    {
      what: `The key ${key} cannot sign transactions.`,
      why: `${why} Ethereum needs ECC_SECG_P256K1 for SIGN_VERIFY.`,
      next: "Create a key of that kind; the action's template.yml does.",
    },
    { cause },
  );
}

function explainKey(error: unknown, key: string, permission: string): unknown {
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
    case "UnsupportedOperationException":
    case "InvalidKeyUsageException":
      return wrongType(key, why, error);
    default:
      return hint(explain(error, permission, key), key, permission);
  }
}

/** KMS says of a key that does not exist that it is forbidden. */
function hint(error: unknown, key: string, permission: string): unknown {
  if (!(error instanceof ActionError) || error.code !== "access-denied") return error;
  if (permission !== "kms:GetPublicKey") return error;
  const { code, what, why, next, cause } = error;
  const also = `Correct \`key\` or \`region\` if there is no such key ${key}. Else: ${next}`;
  return new ActionError(code, { what, why, next: also }, { cause });
}
