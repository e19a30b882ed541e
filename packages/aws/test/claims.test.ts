import { claimsOf, refused } from "../src/claims.ts";

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const SIGNATURE = "c2lnbmF0dXJlLXRoYXQtbm9ib2R5LW1heS1zZWU";

const claims = {
  iss: "https://token.actions.githubusercontent.com",
  aud: "sts.amazonaws.com",
  sub: "repo:acme/counter:environment:production",
  repository: "acme/counter",
  repository_id: "1001",
  repository_owner_id: "42",
  environment: "production",
  ref: "refs/heads/main",
  event_name: "push",
  job_workflow_ref: "khalani/playbook/.github/workflows/release-contracts.yml@refs/tags/v1.0.0",
};

const tokenOf = (payload: unknown) => `${part({ alg: "RS256" })}.${part(payload)}.${SIGNATURE}`;

test("exactly the claims that a trust policy can look at are told", () => {
  const token = tokenOf({
    ...claims,
    jti: "4711",
    actor: "ada",
    runner_environment: "self-hosted",
  });

  expect(claimsOf(token)).toEqual(claims);
});

test("a claim that is absent is not told", () => {
  expect(claimsOf(tokenOf({ sub: "repo:acme/counter:pull_request" }))).toEqual({
    sub: "repo:acme/counter:pull_request",
  });
});

test.each(["", "a", "a.b", "a.b.c", `x.${part("text")}.y`, `x.${part(null)}.y`, "....", "x.!!!.y"])(
  "%p is no token and has no claims",
  (text) => {
    expect(claimsOf(text)).toEqual({});
  },
);

test("a refusal says what was sent, what to add, and nothing of the token itself", () => {
  const token = tokenOf(claims);
  const cause = new Error("Not authorized to perform sts:AssumeRoleWithWebIdentity");

  const error = refused("arn:aws:iam::123456789012:role/contracts", claimsOf(token), cause);

  expect(error).toMatchObject({
    code: "role-refused",
    what: "AWS does not let this run assume arn:aws:iam::123456789012:role/contracts.",
  });
  for (const value of Object.values(claims)) expect(error.why).toContain(value);
  expect(error.next).toContain(`add ${claims.job_workflow_ref} to \`TrustedWorkflows\``);
  for (const piece of token.split(".")) expect(JSON.stringify(error)).not.toContain(piece);
});

test("a claim cannot bring a line of its own into the log", () => {
  const { ref } = claimsOf(tokenOf({ ref: "refs/heads/x\n::error::it was me" }));

  expect(ref).not.toContain("\n");
});

test("credentials without a token are told what to allow", () => {
  const error = refused("arn:aws:iam::1:role/r", undefined, new Error("not authorized"));

  expect(error.next).toContain("leave `role` empty");
});
