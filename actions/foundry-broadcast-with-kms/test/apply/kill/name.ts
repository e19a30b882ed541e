import type { ClientRequest } from "node:http";
import type { Effect } from "./effect.ts";

type Named = Omit<Effect, "nth">;

/** What a request does, by its own bytes; `known` says whether its host is one of the world's. */
export function nameOf(
  request: Pick<ClientRequest, "method" | "path" | "getHeader">,
  body: unknown,
  where: string,
  known: boolean,
): Named {
  const named = (kind: Effect["kind"], what: string, size = 1): Named => ({
    kind,
    name: `${kind} ${what}`,
    where,
    size,
  });
  if (!known) return named("unknown", where);
  if (where === "issuer") return named("oidc", "token");
  if (where !== "aws") return named("rpc", `${where} ${methodsIn(body)}`, countIn(body));

  const target = request.getHeader("x-amz-target");
  if (target !== undefined) return named("kms", String(target).replace(/^.*\./, ""));
  const action = /(?:^|&)Action=(\w+)/.exec(request.path === "/" ? String(body) : "")?.[1];
  if (action) return named("sts", action);
  return named("s3", `${request.method} ${decodeURIComponent(request.path)}`);
}

function methodsIn(body: unknown): string {
  const methods = callsIn(body).map(({ method }) => method);
  return [...new Set(methods)].join("+");
}

function countIn(body: unknown): number {
  return callsIn(body).length;
}

function callsIn(body: unknown): { method: string }[] {
  return [JSON.parse(String(body)) as { method: string } | { method: string }[]].flat();
}

/** Digests, random ids and times left out: they differ from run to run. */
export function stable(text: string): string {
  return text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|(?:0x)?[0-9a-f]{16,}|\d{13}/gi, "#");
}
