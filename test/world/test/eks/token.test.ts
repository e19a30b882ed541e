import { userOf } from "../../src/eks/eks.ts";
import { readToken } from "../../src/eks/token.ts";
import { tokenOf } from "./tokens.ts";

const now = Date.parse("2026-11-27T08:00:00Z");
const base = {
  Action: "GetCallerIdentity",
  Version: "2011-06-15",
  "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
  "X-Amz-Credential": "ASIA/20261127/us-east-1/sts/aws4_request",
  "X-Amz-Date": "20261127T075000Z",
  "X-Amz-Expires": "60",
  "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
  "X-Amz-Signature": "00",
};
const url = (change: Record<string, string> = {}, host = "https://sts.us-east-1.amazonaws.com/") =>
  `${host}?${new URLSearchParams({ ...base, ...change })}`;
const read = (text: string, at = now) => readToken(tokenOf(text), at);

test("a token of a minute is taken for a quarter of an hour", () => {
  expect(read(url(), now).searchParams.get("Action")).toBe("GetCallerIdentity");
  expect(() => read(url(), now + 5 * 60_000)).toThrow("expired");
});

test.each([
  ["another scheme", url({}, "http://sts.us-east-1.amazonaws.com/"), "unexpected scheme"],
  ["another host", url({}, "https://sts.us-east-1.example.com/"), "unexpected hostname"],
  ["a host that ends alike", url({}, "https://ests.amazonaws.com/"), "unexpected hostname"],
  ["a path", url({}, "https://sts.us-east-1.amazonaws.com/x"), "unexpected path"],
  ["another action", url({ Action: "AssumeRole" }), "unexpected action"],
  ["a parameter more", url({ RoleArn: "x" }), "non-whitelisted"],
  ["a cluster that is not signed", url({ "X-Amz-SignedHeaders": "host" }), "did not sign"],
  ["a parameter twice", `${url()}&action=GetCallerIdentity`, "multiple values"],
  ["too long a life", url({ "X-Amz-Expires": "901" }), "invalid X-Amz-Expires"],
  ["no date", url({ "X-Amz-Date": "" }), "expired"],
  ["no URL", "hello", "no URL"],
])("a token with %s is refused", (_, text, problem) => {
  expect(() => read(text)).toThrow(problem);
});

test("any region's STS may be asked", () => {
  for (const host of ["sts.amazonaws.com", "sts.eu-west-1.amazonaws.com"]) {
    expect(read(url({}, `https://${host}/`)).host).toBe(host);
  }
});

test("what is no token of EKS is refused", () => {
  expect(() => readToken("eyJhbGciOi", now)).toThrow('missing expected "k8s-aws-v1."');
  expect(() => readToken(`${tokenOf(url())}==`, now)).toThrow("illegal base64");
  expect(() => readToken("k".repeat(5000), now)).toThrow("too large");
});

const session = "arn:aws:sts::123456789012:assumed-role/deployer/run@7";
const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;

test("a session is who its role's entry says, whatever the role's path", () => {
  const entries = [
    { principal: role("other"), groups: ["others"] },
    { principal: role("ci/deployer"), groups: ["deployers"], username: "ci:{{SessionName}}" },
  ];

  expect(userOf(session, entries)).toEqual({ name: "ci:run-7", groups: ["deployers"] });
});

test("without a name of its own it is called by its session", () => {
  const entries = [{ principal: role("deployer") }];

  expect(userOf(session, entries)).toEqual({ name: session, groups: [] });
});

test("a role of another account, and one without an entry, is nobody", () => {
  const stranger = "arn:aws:iam::999999999999:role/deployer";

  expect(userOf(session, [{ principal: stranger }, { principal: role("other") }])).toBeUndefined();
});

test("a user is itself", () => {
  const mary = "arn:aws:iam::123456789012:user/mary";

  expect(userOf(mary, [{ principal: mary, groups: ["people"] }])).toEqual({
    name: mary,
    groups: ["people"],
  });
});
