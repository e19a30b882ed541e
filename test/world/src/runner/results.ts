import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Secret } from "../secret.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { Artifacts, type StoredArtifact } from "./artifacts.ts";
import { Blobs } from "./blobs.ts";
import { Caches } from "./caches.ts";
import { bearerOf, bodyOf, listen, sendJson } from "./listen.ts";

/** Which run and job a runtime token speaks for, as GitHub's ids of its own back end. */
export type Backend = { run: string; job: string };

/** A Twirp method's reply, or its refusal. */
export type Reply = { status?: number; body: unknown };

export type Results = AsyncDisposable & {
  readonly url: string;
  /** What a job's actions find in their environment. Its artifacts are those of `run`. */
  env(run: string): Record<string, string>;
  artifacts(run?: string): StoredArtifact[];
  /** The bytes of an artifact as they were uploaded: a ZIP archive, unless it was uploaded raw. */
  read(artifact: StoredArtifact): Promise<Buffer>;
  /** A URL that downloads the artifact without a further token, as the REST API redirects to. */
  download(artifact: StoredArtifact): string;
  caches(): Promise<Buffer[]>;
  /** Every runtime token, and the signature of every URL that needs none. */
  secrets(): Secret[];
};

/**
 * The runner's Results service: artifacts v4 and cache v2 (Twirp over JSON) and the blobs behind
 * them, for the clients that actions ship (`@actions/artifact`, `@actions/cache`).
 */
export async function startResults(): Promise<Results> {
  const folder = await temporaryFolder("results");
  const blobs = new Blobs(folder.path);
  const artifacts = new Artifacts(blobs);
  const caches = new Caches(blobs);
  const tokens: string[] = [];
  const server = await listen(async (request, response) => {
    const url = new URL(request.url ?? "/", server.url);
    if (url.pathname.startsWith("/blob/")) return blobs.handle(url, request, response);
    await twirp(url, request, response);
  });

  async function twirp(url: URL, request: IncomingMessage, response: ServerResponse) {
    const backend = backendOf(bearerOf(request));
    const [, service, method = ""] = /v1\.(\w+)\/(\w+)$/.exec(url.pathname) ?? [];
    const message = JSON.parse((await bodyOf(request)).toString() || "{}");
    if (!backend) return sendJson(response, 401, refusal("unauthenticated", "bad token"));

    const to = { message, backend, signed: (id: string) => server.url + blobs.signed(id) };
    const { status = 200, body } =
      service === "ArtifactService"
        ? await artifacts.answer(method, to)
        : await caches.answer(method, to);
    sendJson(response, status, body);
  }

  return {
    url: server.url,
    env: (run) => {
      const token = runtimeToken({ run, job: randomUUID() });
      tokens.push(token);
      return {
        ACTIONS_RUNTIME_URL: `${server.url}/`,
        ACTIONS_RESULTS_URL: `${server.url}/`,
        ACTIONS_RUNTIME_TOKEN: token,
        ACTIONS_CACHE_SERVICE_V2: "True",
      };
    },
    artifacts: (run) => artifacts.list(run),
    read: (artifact) => blobs.read(artifact.blob),
    download: (artifact) => server.url + blobs.signed(artifact.blob),
    caches: () => caches.contents(),
    secrets: () => [
      ...tokens.map((value) => ({ what: "runtime token", value })),
      ...[...blobs.signatures].map((value) => ({ what: "signature of a URL", value })),
    ],
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** What a method gets: its message, who asks, and how a blob's URL is made. */
export type Call = {
  // biome-ignore lint/suspicious/noExplicitAny: a message is whatever its client sent
  message: any;
  backend: Backend;
  signed: (blob: string) => string;
};

export function refusal(code: string, msg: string) {
  return { code, msg };
}

const secret = randomUUID();

/** Clients read the scope and nothing else; the signature is our own, so a made-up token fails. */
function runtimeToken({ run, job }: Backend): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const scp = `Actions.Example Actions.Results:${run}:${job}`;
  const claims = { scp, exp: Math.floor(Date.now() / 1000) + 6 * 3600, jti: randomUUID() };
  return `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.${secret}`;
}

function backendOf(token: string): Backend | undefined {
  const [, claims = "", signature] = token.split(".");
  if (signature !== secret) return undefined;
  const { scp } = JSON.parse(Buffer.from(claims, "base64url").toString()) as { scp: string };
  const [, run, job] = /Actions\.Results:([^: ]+):([^: ]+)/.exec(scp) ?? [];
  return run && job ? { run, job } : undefined;
}
