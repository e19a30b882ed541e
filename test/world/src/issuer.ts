import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import type { Claims } from "./claims.ts";
import type { Secret } from "./secret.ts";

/** The `iss` of GitHub's tokens: what a cloud trusts is this name, wherever it is served here. */
const GITHUB = "https://token.actions.githubusercontent.com";
const LIFETIME_S = 300;
const NOT_BEFORE_S = 600;

export type IssuerFault = {
  /** `down` resets the connection, `status` answers with `status`, `delay` waits `ms` first. */
  do: "down" | "status" | "delay";
  on?: "token" | "keys";
  /** How many requests it hits; without this and `forMs`, one. */
  requests?: number;
  /** How long it lasts from the first request on that it hits. */
  forMs?: number;
  status?: number;
  ms?: number;
};

export type Grant = {
  /** `ACTIONS_ID_TOKEN_REQUEST_URL` of the job. */
  url: string;
  /** `ACTIONS_ID_TOKEN_REQUEST_TOKEN` of the job. */
  token: string;
  /** The job is over: its request token is worth nothing from now on. */
  end(): void;
};

export type SignOptions = {
  audience?: string;
  /** Seconds from now; negative for a token that has expired. */
  expiresIn?: number;
  /** Seconds from now at which the token starts to be valid. */
  notBefore?: number;
  /** `foreign` signs with a key of nobody under this issuer's key id, `none` does not sign. */
  key?: "own" | "foreign" | "none";
};

export type Issuer = AsyncDisposable & {
  /** The `iss` of its tokens. */
  readonly name: string;
  /** Where it is served on this machine. */
  readonly url: string;
  /** Lets one job ask for tokens with these claims. */
  grant(claims: Claims): Grant;
  /** A token with exactly these claims and the times; good or bad, as `options` say. */
  sign(claims: Claims, options?: SignOptions): Promise<string>;
  /** From now on this happens, as often as the fault says or until it is removed. */
  fault(fault: IssuerFault): { readonly hits: number; readonly isOver: boolean; remove(): void };
  /** The claims of every token that a job was given. */
  issued(): readonly Claims[];
  /** The request token of every job, and every token that one was exchanged for. */
  secrets(): readonly Secret[];
  stop(): Promise<void>;
};

type Keys = { own: CryptoKey; foreign: CryptoKey; id: string; jwk: JWK };
type ArmedFault = IssuerFault & { left: number; until: number; hits: number };
type State = {
  name: string;
  keys: Keys;
  grants: Map<string, { path: string; claims: Claims }>;
  faults: ArmedFault[];
  issued: Claims[];
  secrets: Secret[];
};

/**
 * An OIDC issuer like GitHub's: its discovery document and keys, and the endpoint at which a
 * runner's job exchanges its request token for an ID token.
 */
export async function startIssuer({ name = GITHUB } = {}): Promise<Issuer> {
  const keys = await makeKeys();
  const state: State = { name, keys, grants: new Map(), faults: [], issued: [], secrets: [] };
  const server = createServer((request, response) => {
    serve(state, request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const stop = async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return {
    name,
    url,
    grant: (claims) => grant(state, url, claims),
    sign: (claims, options) => sign(state, claims, options),
    fault: (fault) => addFault(state, fault),
    issued: () => state.issued,
    secrets: () => state.secrets,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function makeKeys(): Promise<Keys> {
  const options = { modulusLength: 2048, extractable: true };
  const [own, foreign] = await Promise.all([
    generateKeyPair("RS256", options),
    generateKeyPair("RS256", options),
  ]);
  const id = randomUUID();
  const jwk = { ...(await exportJWK(own.publicKey)), kid: id, alg: "RS256", use: "sig" };
  return { own: own.privateKey, foreign: foreign.privateKey, id, jwk };
}

function grant({ grants, secrets }: State, url: string, claims: Claims): Grant {
  const token = randomBytes(48).toString("base64url");
  const path = `/jobs/${randomUUID()}/idtoken`;
  grants.set(token, { path, claims });
  secrets.push({ what: "request token", value: token });
  return {
    url: `${url}${path}?api-version=2.0`,
    token,
    end: () => void grants.delete(token),
  };
}

async function sign(
  { name, keys }: State,
  claims: Claims,
  { audience, expiresIn = LIFETIME_S, notBefore = -NOT_BEFORE_S, key = "own" }: SignOptions = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    jti: randomUUID(),
    iss: name,
    ...claims,
    ...(audience !== undefined && { aud: audience }),
    iat: now,
    nbf: now + notBefore,
    exp: now + expiresIn,
  };
  if (key === "none") return unsigned(payload);
  return new SignJWT(payload)
    .setProtectedHeader({ alg: "RS256", typ: "JWT", kid: keys.id, x5t: keys.id })
    .sign(keys[key]);
}

function unsigned(payload: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none", typ: "JWT" })}.${part(payload)}.`;
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? "/", "http://issuer");
  const wellKnown = url.pathname.startsWith("/.well-known/");

  const fault = hit(state, wellKnown ? "keys" : "token");
  if (fault?.do === "delay") await sleep(fault.ms ?? 1_000);
  if (fault?.do === "down") return void request.socket.resetAndDestroy();
  if (fault?.do === "status") return json(response, fault.status ?? 503, { message: "not now" });

  if (wellKnown) return serveKeys(state, url, response);
  return serveToken(state, url, request, response);
}

function serveKeys({ name, keys }: State, url: URL, response: ServerResponse) {
  if (url.pathname === "/.well-known/jwks") return json(response, 200, { keys: [keys.jwk] });
  if (url.pathname !== "/.well-known/openid-configuration") return json(response, 404, {});
  json(response, 200, {
    issuer: name,
    jwks_uri: `${name}/.well-known/jwks`,
    subject_types_supported: ["public", "pairwise"],
    response_types_supported: ["id_token"],
    id_token_signing_alg_values_supported: ["RS256"],
    scopes_supported: ["openid"],
  });
}

async function serveToken(
  state: State,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const [, token = ""] = /^bearer (.+)$/i.exec(request.headers.authorization ?? "") ?? [];
  const job = state.grants.get(token);
  if (!job || job.path !== url.pathname) {
    return json(response, 401, { message: "The request token is not this job's." });
  }
  const owner = `https://github.com/${job.claims.repository_owner}`;
  const claims = { ...job.claims, aud: url.searchParams.get("audience") ?? owner };
  const value = await sign(state, claims);
  state.issued.push(claims);
  state.secrets.push({ what: "OIDC token", value });
  json(response, 200, { count: value.length, value });
}

function addFault(state: State, fault: IssuerFault) {
  const one = armed(fault);
  state.faults.push(one);
  const remove = () => {
    state.faults = state.faults.filter((other) => other !== one);
  };
  return {
    get hits() {
      return one.hits;
    },
    get isOver() {
      return isOver(one);
    },
    remove,
  };
}

function armed(fault: IssuerFault): ArmedFault {
  const requests = fault.forMs === undefined ? 1 : Number.POSITIVE_INFINITY;
  const left = fault.requests ?? requests;
  return { ...fault, left, until: Number.POSITIVE_INFINITY, hits: 0 };
}

const isOver = ({ left, until }: ArmedFault): boolean => left <= 0 || Date.now() >= until;

function hit(state: State, on: "token" | "keys"): IssuerFault | undefined {
  state.faults = state.faults.filter((fault) => !isOver(fault));
  const fault = state.faults.find((candidate) => (candidate.on ?? "token") === on);
  if (!fault) return undefined;
  if (fault.hits === 0 && fault.forMs !== undefined) fault.until = Date.now() + fault.forMs;
  fault.left -= 1;
  fault.hits += 1;
  return fault;
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
