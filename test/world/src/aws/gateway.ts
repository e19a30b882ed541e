import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Account } from "./account.ts";
import type { Authority } from "./authority.ts";
import type { Backend } from "./backend.ts";
import { type Call, type Need, protocolOf, readCall, services } from "./call.ts";
import { identify } from "./caller.ts";
import type { FaultEffect, Faults } from "./faults.ts";
import type { Journal } from "./journal.ts";
import type { Keyring, Principal } from "./keyring.ts";
import type { Limits } from "./limits.ts";
import { errorReply, type Protocol, Refused, refuse } from "./refusal.ts";
import { type HttpReply, type HttpRequest, readRequest } from "./request.ts";
import type { S3Params } from "./s3.ts";
import type { Sessions } from "./sessions.ts";
import type { Turns } from "./turns.ts";

/** What a request meets on its way. */
export type Cloud = {
  account: Account;
  keyring: Keyring;
  authority: Authority;
  sessions: Sessions;
  backend: Backend;
  faults: Faults;
  limits: Limits;
  journal: Journal;
  turns: Turns;
  /** Changes replies for the sake of the tests. */
  colour(call: Call, reply: HttpReply): HttpReply;
  settings: { delayMs: number; evaluate: boolean };
};

/** The connection broke: the client never hears what came of its request. */
const BROKEN = "broken";
type Outcome = HttpReply | typeof BROKEN;

/** The one endpoint that clients get: judges each request, then has it done. */
export async function startGateway(cloud: Cloud) {
  const server = createServer({ keepAliveTimeout: 60_000 }, (message, response) => {
    serve(cloud, message, response).catch(() => message.socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

async function serve(cloud: Cloud, message: IncomingMessage, response: ServerResponse) {
  const request = await readRequest(message);
  const outcome = await answer(cloud, request);
  if (outcome === BROKEN) return void message.socket.resetAndDestroy();
  const { "content-length": _, ...headers } = outcome.headers;
  // The length of a reply to HEAD is that of the object.
  const length = request.method === "HEAD" ? outcome.headers["content-length"] : undefined;
  response.writeHead(outcome.status, {
    ...headers,
    ...(outcome.status !== 204 && { "content-length": length ?? outcome.body.length }),
  });
  response.end(outcome.body);
}

async function answer(cloud: Cloud, request: HttpRequest): Promise<Outcome> {
  let protocol = protocolOf(request);
  try {
    const call = readCall(request, cloud.account.region);
    protocol = services[call.service]?.protocol ?? protocol;
    return await journeyOf(cloud, call, protocol);
  } catch (error) {
    return errorReply(protocol, refusalOf(error), request.method);
  }
}

/**
 * A request that a service of AWS itself makes of another: judged, broken and written down as any
 * other. undefined when the connection broke.
 */
export async function askAs(
  cloud: Cloud,
  principal: Principal,
  request: HttpRequest,
  region: string,
): Promise<HttpReply | undefined> {
  const outcome = await journeyOf(cloud, readCall(request, region), "s3", principal);
  return outcome === BROKEN ? undefined : outcome;
}

function refusalOf(error: unknown) {
  if (error instanceof Refused) return error.refusal;
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { status: 500, code: "InternalError", message: `The world's gateway failed: ${message}` };
}

/** One call from its signature to its reply, written down whatever comes of it. */
async function journeyOf(
  cloud: Cloud,
  call: Call,
  protocol: Protocol,
  known?: Principal,
): Promise<Outcome> {
  const { journal, keyring, faults } = cloud;
  const { service, operation, target } = call;
  let caller = known;
  let identified: unknown;
  try {
    caller ??= identify(call, protocol, keyring, Date.now());
  } catch (error) {
    identified = error;
  }
  const principal = caller?.arn ?? "unknown";
  const entry = journal.open({ principal, service, operation, target });
  const effects = caller ? faults.strike(call, principal) : [];

  let needs: Need[] = [];
  const granted = new Set<Need>();
  let outcome: Outcome;
  await journal.tell("before", entry);
  try {
    if (!caller) throw identified;
    await delay(cloud, effects);
    strikeBefore(effects, call, protocol);
    cloud.limits.take(service, protocol);
    needs = (await services[service]?.needs(call, cloud.account)) ?? [];
    await authorise(cloud, caller, needs, { effects, protocol, granted });
    outcome = strikeAfter(effects, await perform(cloud, call, caller, protocol), protocol);
  } catch (error) {
    outcome =
      error === BROKEN ? BROKEN : errorReply(protocol, refusalOf(error), call.request.method);
  }
  entry.status = outcome === BROKEN ? 0 : outcome.status;
  journal.write(entry, call, needs, granted);
  await journal.tell("after", entry);
  return outcome;
}

async function delay({ settings }: Cloud, effects: FaultEffect[]): Promise<void> {
  const own = effects.reduce((sum, it) => sum + (it.do === "delay" ? it.ms : 0), 0);
  if (own + settings.delayMs > 0) await sleep(own + settings.delayMs);
}

function strikeBefore(effects: FaultEffect[], { service }: Call, protocol: Protocol): void {
  if (effects.some((it) => it.do === "break before")) throw BROKEN;
  const effect = effects.find((it) => it.do === "status");
  if (!effect) return;
  const { status, retryAfter } = effect;
  const [code, message] = wording(status, service, protocol);
  throw new Refused({
    status,
    code: effect.code ?? code,
    message: effect.message ?? message,
    headers: retryAfter === undefined ? {} : { "retry-after": String(retryAfter) },
  });
}

/** What a service says at a status, when the fault does not say it. */
function wording(status: number, service: string, protocol: Protocol): [string, string] {
  if (status === 503 && protocol === "s3") return ["SlowDown", "Please reduce your request rate."];
  if (status === 409 && protocol === "s3") {
    return [
      "ConditionalRequestConflict",
      "The conditional request cannot succeed due to a conflicting operation " +
        "against this resource.",
    ];
  }
  if (status === 400 || status === 429) {
    const inJson = protocol === "json" || protocol === "rest-json";
    return [inJson ? "ThrottlingException" : "Throttling", "Rate exceeded"];
  }
  if (protocol === "rest-json") return ["InternalServerException", "Internal server error."];
  if (service === "kms") return ["KMSInternalException", "The request failed, try it again."];
  if (protocol === "s3") {
    return ["InternalError", "We encountered an internal error. Please try again."];
  }
  return ["InternalFailure", "The request processing has failed."];
}

function strikeAfter(effects: FaultEffect[], reply: HttpReply, protocol: Protocol): Outcome {
  if (effects.some((it) => it.do === "lose reply")) return BROKEN;
  if (effects.some((it) => it.do === "answer 412 though won")) {
    return errorReply(protocol, {
      status: 412,
      code: "PreconditionFailed",
      message: "At least one of the pre-conditions you specified did not hold",
      details: { Condition: "If-None-Match" },
    });
  }
  return reply;
}

async function authorise(
  { authority, settings }: Cloud,
  caller: Principal,
  needs: Need[],
  {
    effects,
    protocol,
    granted,
  }: { effects: FaultEffect[]; protocol: Protocol; granted: Set<Need> },
): Promise<void> {
  const denied = effects.some((it) => it.do === "deny");
  for (const need of needs) {
    if (denied) {
      const because = `because no identity-based policy allows the ${need.action} action`;
      throw denial(caller, need, because, protocol);
    }
    const verdict = settings.evaluate ? await authority.decide(caller, need) : undefined;
    if (verdict?.allowed === false) throw denial(caller, need, verdict.because, protocol);
    granted.add(need);
  }
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
function denial(
  caller: Principal,
  { action, resource }: Need,
  because: string,
  protocol: Protocol,
) {
  if (caller.kind === "anonymous") return refuse(403, "AccessDenied", "Access Denied");
  const quoted = protocol === "s3" ? `"${resource}"` : resource;
  const message =
    `User: ${caller.arn} is not authorized to perform: ${action} ` +
    `on resource: ${quoted} ${because}`;
  if (protocol === "json") return refuse(400, "AccessDeniedException", message);
  if (protocol === "rest-json") return refuse(403, "AccessDeniedException", message);
  return refuse(403, "AccessDenied", message);
}

async function perform(
  cloud: Cloud,
  call: Call,
  caller: Principal,
  protocol: Protocol,
): Promise<HttpReply> {
  if (call.service === "sts") return cloud.sessions.answer(call, caller);
  const service = services[call.service];
  const known = service?.answer?.(call, cloud.account);
  if (known) return known;
  const work = async () => {
    const reply = await cloud.backend.perform(call);
    if (reply.status < 300) service?.observe?.(call, reply, cloud.account);
    return service?.amend?.(call, reply, cloud.account) ?? reply;
  };
  const turn = turnOf(call);
  const reply = turn === undefined ? await work() : await cloud.turns.take(turn, work);
  if (reply.status === 404) await checkMayKnow(cloud, call, caller, protocol);
  return cloud.colour(call, reply);
}

/**
 * Writes to one object or secret happen one after the other, so of two conditional ones exactly one
 * wins.
 */
function turnOf({ service, request: { method }, params }: Call): string | undefined {
  if (service === "secretsmanager") return `secret ${params.Name ?? params.SecretId}`;
  const { bucket, key } = params as S3Params;
  const writes = service === "s3" && key !== undefined && method !== "GET" && method !== "HEAD";
  return writes ? `${bucket}/${key}` : undefined;
}

/** That an object is missing is told only to those who may list it; the others are forbidden. */
async function checkMayKnow(
  { authority, settings }: Cloud,
  { service, params }: Call,
  caller: Principal,
  protocol: Protocol,
): Promise<void> {
  const { bucket, key } = params as S3Params;
  if (service !== "s3" || key === undefined || !settings.evaluate) return;
  const need: Need = {
    action: "s3:ListBucket",
    resource: `arn:aws:s3:::${bucket}`,
    context: { "s3:prefix": key },
  };
  const verdict = await authority.decide(caller, need);
  if (!verdict.allowed) throw denial(caller, need, verdict.because, protocol);
}
