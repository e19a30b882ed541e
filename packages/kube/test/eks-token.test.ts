import { createHash, createHmac } from "node:crypto";
import type { Clock } from "@playbook/action";
import type { Identity, Session } from "@playbook/aws";
import { mint } from "../src/eks.ts";
import { eksToken } from "../src/eks-token.ts";

const identity: Identity = {
  accessKeyId: "ASIAEXAMPLE",
  secretAccessKey: "not/a+real=secret",
  sessionToken: "session/token+with=signs==",
};
const now = new Date("2026-11-27T07:30:00Z");

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string) =>
  createHmac("sha256", key).update(text).digest();

/** AWS's Signature Version 4 by its description, for a URL that is signed in its query. */
function signatureOf(url: URL, headers: Record<string, string>, secret: string): string {
  const given = [...url.searchParams].filter(([name]) => name !== "X-Amz-Signature").sort();
  const query = given.map((pair) => pair.map(strictly).join("=")).join("&");
  const names = Object.keys(headers).sort();
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join("");
  const request = ["GET", url.pathname, query, lines, names.join(";"), sha256("")].join("\n");
  const scope = (url.searchParams.get("X-Amz-Credential") ?? "").split("/").slice(1);
  const date = url.searchParams.get("X-Amz-Date");
  const text = ["AWS4-HMAC-SHA256", date, scope.join("/"), sha256(request)].join("\n");
  const key = scope.reduce<string | Buffer>((last, part) => hmac(last, part), `AWS4${secret}`);
  return hmac(key, text).toString("hex");
}

function strictly(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function urlIn(token: string): URL {
  expect(token).toMatch(/^k8s-aws-v1\.[\w-]+$/);
  return new URL(Buffer.from(token.slice("k8s-aws-v1.".length), "base64url").toString());
}

test("a token is a request for the caller's identity, signed for one cluster", async () => {
  const url = urlIn(await eksToken("axon", { region: "eu-west-1", identity, now }));

  expect(url.origin).toBe("https://sts.eu-west-1.amazonaws.com");
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    Action: "GetCallerIdentity",
    Version: "2011-06-15",
    "X-Amz-Date": "20261127T073000Z",
    "X-Amz-Expires": "60",
    "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
    "X-Amz-Credential": "ASIAEXAMPLE/20261127/eu-west-1/sts/aws4_request",
    "X-Amz-Security-Token": identity.sessionToken,
  });
  const signed = (cluster: string) =>
    signatureOf(url, { host: url.host, "x-k8s-aws-id": cluster }, identity.secretAccessKey);
  expect(url.searchParams.get("X-Amz-Signature")).toBe(signed("axon"));
  expect(url.searchParams.get("X-Amz-Signature")).not.toBe(signed("another"));
  expect(url.href).not.toContain(encodeURIComponent(identity.secretAccessKey));
});

test("in China STS has another address", async () => {
  const url = urlIn(await eksToken("axon", { region: "cn-north-1", identity, now }));

  expect(url.host).toBe("sts.cn-north-1.amazonaws.com.cn");
});

function minting() {
  let time = now.getTime();
  let keys = identity;
  const masked: string[] = [];
  const clock: Clock = { now: () => time, sleep: async () => {} };
  const ended: string[] = [];
  const session: Session = {
    region: "eu-west-1",
    credentials: async () => keys,
    renew: ({ accessKeyId }) => void ended.push(accessKeyId),
  };
  const mask = (secret: string) => masked.push(secret);
  return {
    ...{ masked, ended },
    tokens: mint("axon", { region: "eu-west-1", session, clock, mask }),
    pass: (minutes: number) => {
      time += minutes * 60_000;
    },
    change: () => {
      keys = { ...identity, accessKeyId: "ASIANEXT" };
    },
  };
}

test("a token is used for ten minutes, of the fifteen that it is good for", async () => {
  const { tokens, pass, masked } = minting();
  const first = await tokens.credential();
  pass(9);
  expect(await tokens.credential()).toBe(first);
  pass(2);

  const second = await tokens.credential();

  expect(second.token).not.toBe(first.token);
  expect(masked).toEqual([first.token, second.token]);
});

test("the session's new credentials make a new token: the old one ends with the old ones", async () => {
  const { tokens, change } = minting();
  const first = await tokens.credential();
  change();

  expect(urlIn((await tokens.credential()).token ?? "").href).toContain("ASIANEXT");
  expect(urlIn(first.token ?? "").href).toContain("ASIAEXAMPLE");
});

test("a token that was refused is not used again, and another's refusal changes nothing", async () => {
  const { tokens, pass, ended } = minting();
  const first = await tokens.credential();
  tokens.renew({ token: "another" });
  expect(await tokens.credential()).toBe(first);
  expect(ended).toEqual([]);
  pass(1);

  tokens.renew(first);

  expect((await tokens.credential()).token).not.toBe(first.token);
  // It may be the session that has ended.
  expect(ended).toEqual([identity.accessKeyId]);
});
