import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Session } from "./session.ts";

/** An object in memory whose digest is known. */
export type WholeObject = {
  key: string;
  /** SHA-256, in hex. S3 refuses other bytes. */
  digest: string;
  bytes: Uint8Array;
  /** By their names in HTTP, in lower case. */
  headers: Record<string, string>;
};

type Limits = { abortSignal: AbortSignal; requestTimeout: number };

/**
 * Stores an object by one request, and resolves to the status of its answer; rejects where there is
 * none. Undefined means that the bucket takes more than a plain signature, and nothing was sent.
 */
export type ObjectWriter = (object: WholeObject, limits: Limits) => Promise<number | undefined>;

/**
 * A writer of many objects of one bucket. What is the same for all of them the SDK decides for each
 * request anew, which takes longer than a small file does: here it is asked once, where the bucket
 * is, and each request is signed by its signer. Whoever is not told of success asks the SDK itself,
 * which knows what to do about anything else.
 */
export function objectWriter(s3: S3Client, session: Session, bucket: string): ObjectWriter {
  const opened = once(() => openPlace(s3, session, bucket));

  return async ({ key, digest, bytes, headers }, limits) => {
    const { place, signer } = (await opened()) ?? {};
    if (!place || !signer) return undefined;
    const { host, prefix, ...target } = place;
    const request = {
      ...{ ...target, method: "PUT", path: prefix + pathOf(key), query: {} },
      headers: {
        ...headers,
        ...{ host, "content-length": String(bytes.length), "x-amz-content-sha256": digest },
        "x-amz-checksum-sha256": Buffer.from(digest, "hex").toString("base64"),
      },
      body: bytes,
    };
    const signed = await signer.sign(request);
    const { response } = await s3.config.requestHandler.handle(signed as never, limits);
    response.body.resume();
    return response.statusCode;
  };
}

/** A key as it stands in a path (RFC 3986), in the SDK's words. */
export function pathOf(key: string): string {
  const escaped = (text: string) => `%${text.charCodeAt(0).toString(16).toUpperCase()}`;
  return key
    .split("/")
    .map((part) => encodeURIComponent(part).replace(/[!'()*]/g, escaped))
    .join("/");
}

/** Where the SDK sends a bucket's objects. */
type Place = {
  protocol: string;
  hostname: string;
  port?: number | undefined;
  host: string;
  /** What stands before an object's key. */
  prefix: string;
};

async function openPlace(s3: S3Client, session: Session, bucket: string) {
  const { region, place } = (await placeOf(s3, bucket)) ?? {};
  if (!place || region === undefined) return undefined;
  const signer = new SignatureV4({
    ...{ service: "s3", region, credentials: session.credentials, sha256: s3.config.sha256 },
    // S3 takes a path as it is.
    uriEscapePath: false,
  });
  return { place, signer };
}

const ANY = "any";

/** Has the SDK prepare a request, and keeps it from sending it, as its own presigner does. */
async function placeOf(s3: S3Client, bucket: string) {
  const command = new PutObjectCommand({ Bucket: bucket, Key: ANY, Body: "" });
  let found: { place: Place; region: string } | undefined;
  command.middlewareStack.add(
    (_, context) => async (args) => {
      const { protocol, hostname, port, path } = args.request as Prepared;
      const { authSchemes } = context.endpointV2?.properties ?? {};
      const [scheme] = authSchemes as Scheme[];
      if (scheme?.name === "sigv4" && scheme.signingName === "s3" && scheme.signingRegion) {
        const host = port === undefined ? hostname : `${hostname}:${port}`;
        const prefix = path.slice(0, -ANY.length);
        found = { region: scheme.signingRegion, place: { protocol, hostname, port, host, prefix } };
      }
      return { response: {}, output: { $metadata: {} } };
    },
    { step: "build", priority: "low" },
  );
  await s3.send(command);
  return found;
}

type Prepared = { protocol: string; hostname: string; port?: number; path: string };
type Scheme = { name: string; signingName?: string; signingRegion?: string };

function once<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let begun: Promise<Result> | undefined;
  return () => {
    begun ??= work();
    return begun;
  };
}
