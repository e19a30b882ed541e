import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { Account, type Role } from "../../src/aws/account.ts";
import { readWebIdentity, trusts } from "../../src/aws/web-identity.ts";
import { type GithubJob, githubClaims, RELEASE_JOB } from "../../src/claims.ts";

const NAME = "token.actions.githubusercontent.com";
const WORKFLOW = "khalani/playbook/.github/workflows/release-contracts.yml@refs/tags/v1.0.0";

const job: GithubJob = { ...RELEASE_JOB, jobWorkflowRef: WORKFLOW, environment: "production" };

const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
const stranger = await generateKeyPair("RS256");
const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: "1", alg: "RS256" }] };

test("a good token says who calls", async () => {
  const identity = await read(await token());

  expect(identity.subject).toBe("repo:acme/app:environment:production");
  expect(identity.audience).toBe("sts.amazonaws.com");
});

test.each<[string, () => Promise<string>, string, string]>([
  [
    "of another issuer",
    () => token({ iss: "https://evil.example" }),
    "InvalidIdentityToken",
    "No OpenIDConnect provider found in your account for https://evil.example",
  ],
  [
    "for another audience",
    () => token({ aud: "sigstore" }),
    "InvalidIdentityToken",
    "Incorrect token audience",
  ],
  [
    "that has expired",
    () => token({ exp: 1_000_000_000 }),
    "ExpiredTokenException",
    "must be before the expiration date/time 1000000000",
  ],
  ["that is not valid yet", () => token({ nbf: 4_000_000_000 }), "InvalidIdentityToken", "nbf"],
  ["signed by a stranger", () => token({}, stranger.privateKey), "InvalidIdentityToken", "signed"],
  [
    "whose claims were changed",
    async () => tampered(await token()),
    "InvalidIdentityToken",
    "signed",
  ],
  ["without a signature", async () => unsigned(), "InvalidIdentityToken", "signed"],
  ["that is no token", async () => "not.a.token", "InvalidIdentityToken", "not a valid JWT"],
])("a token %s is refused", async (_, made, code, message) => {
  await expect(read(await made())).rejects.toMatchObject({
    refusal: { status: 400, code, message: expect.stringContaining(message) },
  });
});

test("without the issuer's keys nothing is believed", async () => {
  const read = readWebIdentity(await token(), account(), () => Promise.reject(new Error("down")));

  await expect(read).rejects.toMatchObject({
    refusal: { message: expect.stringContaining("Couldn't retrieve verification key") },
  });
});

test.each<[string, Partial<GithubJob>, boolean]>([
  ["its own job", {}, true],
  ["its own job with ids in the subject", { immutableSub: true }, true],
  ["another repository", { repository: "acme/other" }, false],
  ["a repository that took the name", { repositoryId: "1002" }, false],
  ["another environment", { environment: "staging" }, false],
  ["a job without an environment", { environment: undefined }, false],
  [
    "another version of the workflow",
    { jobWorkflowRef: WORKFLOW.replace("1.0.0", "1.0.1") },
    false,
  ],
  ["a workflow of the caller's own", { jobWorkflowRef: undefined }, false],
])("a role's trust policy on %s", async (_, changed, expected) => {
  const identity = await read(await token(githubClaims({ ...job, ...changed })));

  expect(await trusts(role(), identity, "session", account())).toBe(expected);
});

test("a condition on a claim that AWS does not know never holds", async () => {
  const identity = await read(await token());
  const onEvent = role({ [`${NAME}:event_name`]: "push" });

  expect(await trusts(onEvent, identity, "session", account())).toBe(false);
});

test("a claim that the token lacks fails a condition on it", async () => {
  const { sub: _, ...claims } = githubClaims(job);

  await expect(read(await token({ ...claims, sub: undefined }))).rejects.toMatchObject({
    refusal: { code: "InvalidIdentityToken" },
  });
});

function read(text: string) {
  return readWebIdentity(text, account(), async () => keys);
}

function token(claims: JWTPayload = {}, key = privateKey): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const times = { iat: now, nbf: now - 600, exp: now + 300 };
  const own = { iss: `https://${NAME}`, aud: "sts.amazonaws.com", ...times };
  return new SignJWT({ ...own, ...githubClaims(job), ...claims })
    .setProtectedHeader({ alg: "RS256", kid: "1" })
    .sign(key);
}

function tampered(text: string): string {
  const [header, payload = "", signature] = text.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as object;
  return [header, encoded({ ...claims, sub: "repo:acme/app:environment:other" }), signature].join(
    ".",
  );
}

function unsigned(): string {
  const claims = { iss: `https://${NAME}`, aud: "sts.amazonaws.com", exp: 4_000_000_000 };
  return `${encoded({ alg: "none" })}.${encoded({ ...claims, ...githubClaims(job) })}.`;
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function account(): Account {
  const made = new Account("123456789012", "us-east-1");
  const arn = made.arn("iam", `oidc-provider/${NAME}`);
  made.providers.set(NAME, { arn, name: NAME, clientIds: ["sts.amazonaws.com"] });
  return made;
}

function role(conditions: Record<string, string> = {}): Role {
  const arn = "arn:aws:iam::123456789012:role/contracts";
  return {
    arn,
    name: "contracts",
    id: "AROAEXAMPLE",
    inline: {},
    managed: [],
    maxSessionSeconds: 3_600,
    trust: {
      Version: "2012-10-17",
      Statement: {
        Effect: "Allow",
        Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${NAME}` },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            [`${NAME}:aud`]: "sts.amazonaws.com",
            [`${NAME}:sub`]: [
              "repo:acme/app:environment:production",
              "repo:acme@42/app@1001:environment:production",
            ],
            [`${NAME}:repository_id`]: "1001",
            [`${NAME}:environment`]: "production",
            [`${NAME}:job_workflow_ref`]: [WORKFLOW],
            ...conditions,
          },
        },
      },
    },
  };
}
