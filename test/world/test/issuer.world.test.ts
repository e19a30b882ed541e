import { createRemoteJWKSet, jwtVerify } from "jose";
import { type GithubJob, githubClaims, RELEASE_JOB } from "../src/claims.ts";
import { type Grant, type Issuer, startIssuer } from "../src/issuer.ts";

const job: GithubJob = { ...RELEASE_JOB, environment: "production" };

let issuer: Issuer;
let grant: Grant;

beforeEach(async () => {
  issuer = await startIssuer();
  grant = issuer.grant(githubClaims(job));
});

afterEach(() => issuer.stop());

test("a job's token carries the job's claims and verifies with the published keys", async () => {
  const { value } = (await (await ask("sts.amazonaws.com")).json()) as { value: string };

  const keys = createRemoteJWKSet(new URL(`${issuer.url}/.well-known/jwks`));
  const { payload } = await jwtVerify(value, keys, { issuer: issuer.name });
  expect(payload).toMatchObject({ ...githubClaims(job), aud: "sts.amazonaws.com" });
  expect(payload.exp).toBe((payload.iat ?? 0) + 300);
});

test("without an audience the token is for the owner of the repository", async () => {
  await ask();

  expect(issuer.issued()).toEqual([{ ...githubClaims(job), aud: "https://github.com/acme" }]);
});

test("a request token works at its own job's address, until the job ends", async () => {
  const other = issuer.grant(githubClaims({ ...job, environment: "staging" }));

  expect((await ask("x", { ...grant, token: other.token })).status).toBe(401);
  expect((await ask("x", { ...grant, token: "made up" })).status).toBe(401);
  expect((await ask("x")).status).toBe(200);
  grant.end();
  expect((await ask("x")).status).toBe(401);
});

test("the issuer can be down for some requests and answer the next", async () => {
  const outage = issuer.fault({ do: "down", requests: 2 });
  issuer.fault({ do: "status", status: 503 });

  await expect(ask("x")).rejects.toThrow("fetch failed");
  await expect(ask("x")).rejects.toThrow("fetch failed");
  expect(outage).toMatchObject({ hits: 2, isOver: true });
  expect((await ask("x")).status).toBe(503);
  expect((await ask("x")).status).toBe(200);
});

test("the issuer can be down for a time, which begins with the first request that it hits", async () => {
  const outage = issuer.fault({ do: "down", forMs: 200 });

  await expect(ask("x")).rejects.toThrow("fetch failed");
  while (!outage.isOver) await ask("x").catch(() => {});
  expect((await ask("x")).status).toBe(200);
  expect(outage.hits).toBeGreaterThan(0);
});

test("a fault of the keys does not touch the tokens", async () => {
  issuer.fault({ do: "down", on: "keys" });

  expect((await ask("x")).status).toBe(200);
  await expect(fetch(`${issuer.url}/.well-known/jwks`)).rejects.toThrow("fetch failed");
});

function ask(audience?: string, { url, token }: { url: string; token: string } = grant) {
  const query = audience === undefined ? "" : `&audience=${encodeURIComponent(audience)}`;
  return fetch(`${url}${query}`, { headers: { authorization: `Bearer ${token}` } });
}
