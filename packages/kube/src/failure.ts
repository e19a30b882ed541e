import { ActionError, type Answer, connectionError, faultOf, reason } from "@playbook/action";
import type { Connection } from "./connection.ts";

/** What the API server says in the place of an object: `kind: Status`. */
export type Status = {
  message?: string;
  /** Kubernetes' word for it: `NotFound`, `Conflict`, `Invalid`. */
  reason?: string;
  details?: {
    causes?: { reason?: string; message?: string; field?: string }[];
    retryAfterSeconds?: number;
  };
};

/** What is being done, for the words of an error: `patch`, `StatefulSet axon/validator-0`. */
export type Doing = { verb: string; name: string };

/** An answer that is no success. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: number;
  readonly status: Status;
  /** How long it asks to be left alone, in milliseconds. */
  readonly retryAfter: number;

  constructor({ status, headers, body }: Answer) {
    const said = statusIn(body);
    super(said.message ?? `HTTP ${status}`);
    this.code = status;
    this.status = said;
    const seconds = headers["retry-after"] ?? said.details?.retryAfterSeconds;
    this.retryAfter = /^\d+$/.test(String(seconds)) ? Number(seconds) * 1_000 : 0;
  }

  is(reason: string): boolean {
    return this.status.reason === reason;
  }
}

/** A proxy's or a load balancer's words are no status; they are kept as the message. */
function statusIn(body: string): Status {
  try {
    return JSON.parse(body) as Status;
  } catch {
    const [line = ""] = body.split("\n");
    return { message: line.slice(0, 200) };
  }
}

const NOT_IMPLEMENTED = 501;

/** A disruption budget says no with 429 too, and not because of too many requests. */
export function isBudget(error: unknown): error is Refusal {
  const causes = error instanceof Refusal ? error.status.details?.causes : undefined;
  return causes?.some(({ reason }) => reason === "DisruptionBudget") ?? false;
}

/** Failures that pass: a later try of the same request can succeed. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Refusal)) return faultOf(error) === "passing";
  const { code } = error;
  if (code === 429) return !isBudget(error);
  return code >= 500 && code !== NOT_IMPLEMENTED && !isMisspelt(error);
}

/** Of a field that there is not, or is there twice, server-side apply says so with 500. */
function isMisspelt({ message }: Refusal): boolean {
  return /field not declared in schema|failed to create typed patch object/.test(message);
}

/** What a disruption budget says. */
export function budgetWords({ status, message }: Refusal): string {
  return (
    status.details?.causes?.find(({ reason }) => reason === "DisruptionBudget")?.message ?? message
  );
}

const UNSENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;

/** Whether the request may have been carried out although it was not answered with success. */
export function mayHaveHappened(error: unknown): boolean {
  if (error instanceof Refusal) return error.code >= 500;
  return !UNSENT.test(String((error as { code?: unknown }).code));
}

export function retryAfter(error: unknown): number {
  return error instanceof Refusal ? error.retryAfter : 0;
}

/** Whether somebody else wrote first. */
export function isConflict(error: unknown): boolean {
  return error instanceof ActionError && error.code === "kube-conflict";
}

/**
 * Turns what is left of an error after all tries into the words a person needs. What is no error of
 * the API server or of the network is handed back as it is.
 */
export function explain(error: unknown, doing: Doing, connection: Connection): unknown {
  if (error instanceof ActionError) return error;
  if (error instanceof Refusal) return refused(error, doing, connection);
  switch (faultOf(error)) {
    case "untrusted":
      return untrusted(error, connection);
    case "passing":
      return unreachable(error, doing, connection);
    default:
      return connectionError(connection.cluster, error) ?? error;
  }
}

function refused(refusal: Refusal, doing: Doing, connection: Connection): ActionError {
  const { cluster, unknownRemedy } = connection;
  const { code, message } = refusal;
  const what = `${cluster} does not ${doing.verb} ${doing.name}.`;
  const options = { cause: refusal };
  switch (code) {
    case 401: {
      const unknown = `${cluster} does not know who this run is.`;
      const next = unknownRemedy;
      return new ActionError("kube-unknown", { what: unknown, why: message, next }, options);
    }
    case 403:
      return forbidden(refusal, what, doing);
    case 404: {
      const next = "Correct its name or namespace, or install what defines its kind.";
      return new ActionError("kube-absent", { what, why: message, next }, options);
    }
    case 409: {
      const next = "See who changes it beside this run, and run this again.";
      return new ActionError("kube-conflict", { what, why: message, next }, options);
    }
    case 400:
    case 422:
      return invalid(refusal, what);
    default:
      break;
  }
  if (isMisspelt(refusal)) return invalid(refusal, what);
  return isPassing(refusal) ? unreachable(refusal, doing, connection) : otherwise(refusal, what);
}

function invalid(refusal: Refusal, what: string): ActionError {
  const next = "Correct the field that it names: the values or the chart.";
  return new ActionError("kube-invalid", { what, why: flaws(refusal), next }, { cause: refusal });
}

function otherwise(refusal: Refusal, what: string): ActionError {
  return new ActionError(
    "kube-refused",
    {
      what,
      why: `HTTP ${refusal.code}: ${refusal.message}`,
      next: "Mend what it says and run this again: it goes on from what is there.",
    },
    { cause: refusal },
  );
}

const RBAC =
  /User "(?<user>[^"]*)" cannot (?<verb>\S+) resource "(?<resource>[^"]*)" in API group "(?<group>[^"]*)"/;

/** Quotas and pod security answer 403 as well: those no rule mends. */
function forbidden(refusal: Refusal, what: string, doing: Doing): ActionError {
  const { user, verb, resource, group } = RBAC.exec(refusal.message)?.groups ?? {};
  if (!resource) return otherwise(refusal, what);

  const place = / in the namespace "([^"]*)"/.exec(refusal.message)?.[1];
  const where = place ? ` in namespace ${place}` : " in the whole cluster";
  const rule = `{ apiGroups: ["${group}"], resources: ["${resource}"], verbs: ["${verb}"] }`;
  return new ActionError(
    "kube-forbidden",
    {
      what: `"${user}" may not ${verb} ${resource}${where} (${doing.name}).`,
      why: refusal.message,
      next: `Apply the RBAC manifest of this release again, or give the role ${rule}.`,
    },
    { cause: refusal },
  );
}

/** The fields that are wrong, each with why. */
function flaws({ status, message }: Refusal): string {
  const named = (status.details?.causes ?? []).filter(({ field }) => field);
  if (named.length === 0) return message;
  return named.map(({ field, message: why }) => `${field}: ${why}`).join("\n");
}

function untrusted(error: unknown, { cluster, server }: Connection): ActionError {
  return new ActionError(
    "kube-untrusted",
    {
      what: `${server} shows a certificate that ${cluster}'s own authority has not signed.`,
      why: reason(error),
      next:
        "If something between here and there opens connections, except the host in NO_PROXY; if " +
        "the cluster was made anew, get a new kubeconfig.",
    },
    { cause: error },
  );
}

function unreachable(error: unknown, doing: Doing, connection: Connection): ActionError {
  const { cluster, server } = connection;
  return new ActionError(
    "kube-unreachable",
    {
      what: `${cluster} gives no answer to ${doing.verb} ${doing.name}.`,
      why: `After many tries at ${server}: ${reason(error)}`,
      next:
        "Check the network: a private endpoint is reached from within its VPC alone. Then run " +
        "this again: it goes on from what is there.",
    },
    { cause: error },
  );
}
