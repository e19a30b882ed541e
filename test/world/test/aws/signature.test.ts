import { randomBytes } from "node:crypto";
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4a } from "@aws-sdk/signature-v4a";
import { SignatureV4 } from "@smithy/signature-v4";
import { type HttpRequest, parseQuery } from "../../src/aws/request.ts";
import { isSignedWith, readSignature } from "../../src/aws/signature.ts";

const SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TIME = new Date("2026-11-24T00:33:12Z");

const requests = [
  { says: "a plain one", service: "kms", method: "POST", path: "/", body: '{"KeyId":"1"}' },
  { says: "one without a body", service: "s3", method: "GET", path: "/bucket/key" },
  {
    says: "a key that needs encoding",
    service: "s3",
    method: "GET",
    path: "/bucket/a%20b/%C3%BC%2B",
  },
  { says: "an empty folder name", service: "s3", method: "PUT", path: "/bucket//a//b", body: "x" },
  {
    says: "a query with signs in it",
    service: "s3",
    method: "GET",
    path: "/bucket",
    query: { "list-type": "2", prefix: "a/b c+d!'()*", delimiter: "/", empty: "" },
  },
];

test.each(requests)("what AWS's own signer signs is accepted: $says", async (request) => {
  const received = await sign(request);
  const signature = readSignature(received);

  expect(signature?.scope).toEqual({
    date: "20261124",
    region: "us-east-1",
    service: request.service,
  });
  expect(signature && isSignedWith(received, signature, SECRET)).toBe(true);
});

test.each(requests)("and so is what it presigns: $says", async (request) => {
  const received = await presign(request);
  const signature = readSignature(received);

  expect(signature).toMatchObject({ accessKeyId: "AKIAEXAMPLE", presignedFor: 60 });
  expect(signature && isSignedWith(received, signature, SECRET)).toBe(true);
});

test.each<[string, (request: HttpRequest) => HttpRequest]>([
  ["another method", (request) => ({ ...request, method: "DELETE" })],
  ["another path", (request) => ({ ...request, path: "/bucket/other" })],
  ["another query", (request) => ({ ...request, query: [["versionId", "1"]] })],
  ["another body", (request) => ({ ...request, body: Buffer.from("tampered with") })],
  ["another host", (request) => ({ ...request, headers: { ...request.headers, host: "evil" } })],
])("a signature does not fit %s", async (_, tamper) => {
  const received = tamper(
    await sign({ service: "s3", method: "PUT", path: "/bucket/key", body: "x" }),
  );
  const signature = readSignature(received);

  expect(signature && isSignedWith(received, signature, SECRET)).toBe(false);
});

test("a signature does not fit another secret", async () => {
  const received = await sign({ service: "kms", method: "POST", path: "/", body: "{}" });
  const signature = readSignature(received);

  expect(signature && isSignedWith(received, signature, `${SECRET}x`)).toBe(false);
});

test("what is signed by version 4A is accepted, whatever the secret, and by no other", async () => {
  for (let time = 0; time < 20; time += 1) {
    const secret = randomBytes(30).toString("base64");
    const request = await signAsymmetrically(secret);
    const signature = readSignature(request);

    expect(signature).toMatchObject({
      kind: "ECDSA",
      scope: { date: "20261124", region: "*", service: "cloudfront-keyvaluestore" },
    });
    expect(signature && isSignedWith(request, signature, secret)).toBe(true);
    expect(signature && isSignedWith(request, signature, SECRET)).toBe(false);
    const tampered = { ...request, body: Buffer.from("other") };
    expect(signature && isSignedWith(tampered, signature, secret)).toBe(false);
  }
});

async function signAsymmetrically(secretAccessKey: string): Promise<HttpRequest> {
  const service = "cloudfront-keyvaluestore";
  const path = `/key-value-stores/${encodeURIComponent("arn:aws:cloudfront::1:key-value-store/1")}`;
  const sent = { service, method: "PUT", path, body: '{"Value":"1"}' };
  const signer = new SignatureV4a({
    ...{ credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey }, region: "*", service },
    ...{ sha256: Sha256, uriEscapePath: true },
  });
  const signed = await signer.sign(outgoing(sent), { signingDate: TIME });
  return received(sent, signed.headers, signed.query);
}

type Sent = {
  service: string;
  method: string;
  path: string;
  body?: string;
  query?: Record<string, string | undefined>;
};

function signer(service: string) {
  return new SignatureV4({
    credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: SECRET },
    region: "us-east-1",
    service,
    sha256: Sha256,
    uriEscapePath: service !== "s3",
  });
}

function outgoing({ method, path, body, query = {} }: Sent) {
  const headers = { host: "127.0.0.1:1234", "x-amz-meta-note": "  two   spaces " };
  const defined = Object.fromEntries(
    Object.entries(query).map(([name, value = ""]) => [name, value]),
  );
  return { method, protocol: "http:", hostname: "127.0.0.1", path, query: defined, headers, body };
}

async function sign(sent: Sent): Promise<HttpRequest> {
  const signed = await signer(sent.service).sign(outgoing(sent), { signingDate: TIME });
  return received(sent, signed.headers, signed.query);
}

async function presign(sent: Sent): Promise<HttpRequest> {
  const options = { signingDate: TIME, expiresIn: 60 };
  const { body: _, ...request } = outgoing(sent);
  // As the presigner of S3 does, which cannot know the body.
  const unsigned = sent.service === "s3" && { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
  Object.assign(request.headers, unsigned);
  const signed = await signer(sent.service).presign(request, options);
  return received({ ...sent, body: undefined }, signed.headers, signed.query);
}

type Query = Record<string, string | string[] | null> | undefined;

function received(sent: Sent, headers: Record<string, string>, query: Query): HttpRequest {
  const pairs = Object.entries(query ?? {}).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
  );
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    method: sent.method,
    path: sent.path,
    query: parseQuery(pairs.join("&")),
    headers: Object.fromEntries(lower),
    body: Buffer.from(sent.body ?? ""),
  };
}
