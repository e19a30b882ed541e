import * as client from "@aws-sdk/client-s3";
import type { HttpRequest } from "./request.ts";

/** An operation of S3 by what its request must look like. */
type Route = {
  operation: string;
  method: string;
  /** What the path names: nothing, a bucket, or an object in it. */
  depth: 0 | 1 | 2;
  query: [name: string, value: string][];
  headers: string[];
};

/** Which operation of S3 a request is; the one that asks for most when several would fit. */
export function s3Operation(request: HttpRequest, depth: 0 | 1 | 2): string | undefined {
  const hint = request.query.find(([name]) => name === "x-id")?.[1];
  const fitting = routes
    .filter((route) => route.method === request.method && route.depth === depth)
    .filter((route) => fits(route, request))
    .sort((a, b) => weight(b, hint) - weight(a, hint));
  return fitting[0]?.operation;
}

function fits({ query, headers }: Route, request: HttpRequest): boolean {
  return (
    headers.every((name) => request.headers[name] !== undefined) &&
    query.every(([name, value]) =>
      request.query.some(([key, given]) => key === name && (value === "" || value === given)),
    )
  );
}

function weight({ query, headers, operation }: Route, hint: string | undefined): number {
  return query.length + headers.length + (operation === hint ? 0.5 : 0);
}

/*
 * The SDK carries AWS's model of S3: an operation is [9, namespace, name, traits, input, output],
 * its input [3, namespace, name, traits, members' names, members' schemas, number of required
 * members], the required ones first.
 */
type Operation = [9, string, string, { http: [string, string, number] }, Input | (() => Input)];
type Input = [3, string, string, unknown, string[], Member[], number?];
type Member = unknown[] | (() => unknown);

const routes: Route[] = Object.values(client as Record<string, unknown>)
  .filter(isOperation)
  .map(routeOf);

function isOperation(value: unknown): value is Operation {
  return Array.isArray(value) && value[0] === 9 && value[3]?.http !== undefined;
}

function routeOf([, , operation, { http }, inputSchema]: Operation): Route {
  const [method, uri] = http;
  const [path = "/", literal = ""] = uri.split("?");
  const input = typeof inputSchema === "function" ? inputSchema() : inputSchema;
  const required = requiredTraits(input);

  const named = input[4].includes("Bucket") ? 1 : 0;
  return {
    operation,
    method,
    depth: path.includes("{Key+}") ? 2 : named,
    query: [
      ...literals(literal),
      ...required.flatMap(({ httpQuery }) => (httpQuery ? [[httpQuery, ""] as Pair] : [])),
    ],
    headers: required.flatMap(({ httpHeader }) => (httpHeader ? [httpHeader.toLowerCase()] : [])),
  };
}

type Pair = [string, string];
type Traits = { httpQuery?: string; httpHeader?: string };

function requiredTraits([, , , , , members, count = 0]: Input): Traits[] {
  return members.slice(0, count).map((member) => {
    const traits = Array.isArray(member) ? member[1] : undefined;
    return typeof traits === "object" && traits !== null ? (traits as Traits) : {};
  });
}

/** `x-id` is the SDK's own hint; other clients do not send it. */
function literals(text: string): Pair[] {
  return text
    .split("&")
    .filter((pair) => pair !== "" && !pair.startsWith("x-id="))
    .map((pair) => {
      const [name = "", value = ""] = pair.split("=");
      return [name, value];
    });
}
