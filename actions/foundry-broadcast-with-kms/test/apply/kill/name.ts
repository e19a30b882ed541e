import type { ClientRequest } from "node:http";
import type { Effect } from "./effect.ts";

type Named = Omit<Effect, "nth">;

/** The one call that changes a chain. */
const SEND = "eth_sendRawTransaction";

/** What a request does, by its own bytes; `known` says whether its host is one of the world's. */
export function nameOf(
  request: Pick<ClientRequest, "method" | "path" | "getHeader">,
  body: unknown,
  where: string,
  known: boolean,
): Named {
  const named = (kind: Effect["kind"], what: string): Named => ({
    kind,
    name: `${kind} ${what}`,
    where,
    size: 1,
  });
  if (!known) return named("unknown", where);
  if (where === "issuer") return named("oidc", "token");
  if (where !== "aws") return { where, ...batchOf(where, methodsIn(body)) };

  const target = request.getHeader("x-amz-target");
  if (target !== undefined) return named("kms", String(target).replace(/^.*\./, ""));
  const action = /(?:^|&)Action=(\w+)/.exec(request.path === "/" ? String(body) : "")?.[1];
  if (action) return named("sts", action);
  return named("s3", `${request.method} ${decodeURIComponent(request.path)}`);
}

function batchOf(where: string, methods: string[]): Omit<Named, "where"> {
  const cuts = methods.flatMap((method, at) => (method === SEND ? at + 1 : []));
  const name = `rpc ${where} ${[...new Set(methods)].join("+")}`;
  const size = methods.length;
  return { kind: "rpc", name, size, cuts: cuts.filter((calls) => calls < size) };
}

function methodsIn(body: unknown): string[] {
  const calls = [JSON.parse(String(body)) as { method: string } | { method: string }[]].flat();
  return calls.map(({ method }) => method);
}

/** Digests, random ids and times left out: they differ from run to run. */
export function stable(text: string): string {
  return text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|(?:0x)?[0-9a-f]{16,}|\d{13}/gi, "#");
}
