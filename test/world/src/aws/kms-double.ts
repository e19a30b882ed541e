import { createHash, randomUUID } from "node:crypto";
import { hexlify, SigningKey } from "ethers";
import type { Call, Params } from "./call.ts";
import { writeDer } from "./high-s.ts";
import { errorReply, Refused, refuse, unmapped } from "./refusal.ts";
import type { HttpReply } from "./request.ts";

/** What precedes the point in the DER of a public key of secp256k1. */
const SPKI = Buffer.from("3056301006072a8648ce3d020106052b8104000a034200", "hex");
const SPEC = "ECC_SECG_P256K1";

type Keys = Map<string, SigningKey>;

/** KMS in this process, for benchmarks: keys of secp256k1 that sign, and nothing else. */
export function kmsDouble(arnOf: (call: Call, id: string) => string) {
  const keys: Keys = new Map();
  return async (call: Call): Promise<HttpReply> => {
    try {
      return answer(operate(call, keys, arnOf));
    } catch (error) {
      if (error instanceof Refused) return errorReply("json", error.refusal);
      throw error;
    }
  };
}

function operate(call: Call, keys: Keys, arnOf: (call: Call, id: string) => string): object {
  const { operation, params } = call;
  if (operation === "CreateKey") return create(call, keys, arnOf);
  if (operation === "CreateAlias" || operation === "PutKeyPolicy") return {};

  const id = String(params.KeyId).split("/").at(-1) ?? "";
  const key = keys.get(id);
  if (!key) throw refuse(400, "NotFoundException", `Key '${params.KeyId}' does not exist`);
  const about = { KeyId: arnOf(call, id), SigningAlgorithm: "ECDSA_SHA_256" };
  if (operation === "Sign") return { ...about, Signature: sign(key, params) };
  if (operation === "GetPublicKey") return { ...about, ...described, PublicKey: publicKey(key) };
  if (operation === "DescribeKey") return { KeyMetadata: metadata(call, id, arnOf) };
  throw unmapped(`kms:${operation} in the fast backend`);
}

const described = {
  KeySpec: SPEC,
  KeyUsage: "SIGN_VERIFY",
  SigningAlgorithms: ["ECDSA_SHA_256"],
};

function create(call: Call, keys: Keys, arnOf: (call: Call, id: string) => string) {
  if (call.params.KeySpec !== SPEC) throw unmapped("keys of another kind in the fast backend");
  const id = randomUUID();
  keys.set(id, new SigningKey(hexlify(crypto.getRandomValues(new Uint8Array(32)))));
  return { KeyMetadata: metadata(call, id, arnOf) };
}

function metadata(call: Call, id: string, arnOf: (call: Call, id: string) => string) {
  const state = { Enabled: true, KeyState: "Enabled", Origin: "AWS_KMS", MultiRegion: false };
  return { KeyId: id, Arn: arnOf(call, id), ...described, ...state };
}

function sign(key: SigningKey, { Message, MessageType }: Params): string {
  const message = Buffer.from(String(Message), "base64");
  const digest = MessageType === "DIGEST" ? message : createHash("sha256").update(message).digest();
  const { r, s } = key.sign(digest);
  return writeDer(BigInt(r), BigInt(s)).toString("base64");
}

function publicKey(key: SigningKey): string {
  return Buffer.concat([SPKI, Buffer.from(key.publicKey.slice(2), "hex")]).toString("base64");
}

function answer(body: object): HttpReply {
  const headers = { "content-type": "application/x-amz-json-1.1" };
  return { status: 200, headers, body: Buffer.from(JSON.stringify(body)) };
}
