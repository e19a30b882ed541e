import type { Level, Scope } from "../runner/permissions.ts";
import type { Bearer, Repository } from "./state.ts";

/** What a handler is asked. */
export type Ask = {
  repository: Repository;
  bearer: Bearer;
  /** Parts of the path, by their names in its template. */
  path: Record<string, string>;
  query: URLSearchParams;
  // biome-ignore lint/suspicious/noExplicitAny: checked against GitHub's description
  body: any;
};

export type Told = { status: number; body?: unknown; headers?: Record<string, string> };

export type Route = {
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** The path as GitHub's description has it. */
  path: string;
  /** One of these is enough. None: `metadata: read`, which every token has. */
  needs?: { scope: Scope; level: Level }[];
  /** No token of a workflow may do this. */
  never?: boolean;
  answer: (ask: Ask) => Told | Promise<Told>;
};

export const notFound: Told = { status: 404, body: { message: "Not Found" } };

/** A page of a list, with GitHub's `Link` header to the others. */
export function page<T>(
  items: T[],
  { query }: Pick<Ask, "query">,
  shown: (items: T[]) => unknown,
): Told {
  const size = Math.min(Number(query.get("per_page") ?? 30), 100);
  const number = Number(query.get("page") ?? 1);
  const last = Math.max(1, Math.ceil(items.length / size));
  const body = shown(items.slice((number - 1) * size, number * size));
  const links = [
    ...(number < last ? [`<?${to(query, number + 1)}>; rel="next"`] : []),
    ...(number < last ? [`<?${to(query, last)}>; rel="last"`] : []),
    ...(number > 1
      ? [`<?${to(query, number - 1)}>; rel="prev"`, `<?${to(query, 1)}>; rel="first"`]
      : []),
  ];
  return { status: 200, body, ...(links.length > 0 && { headers: { link: links.join(", ") } }) };
}

function to(query: URLSearchParams, number: number): string {
  const next = new URLSearchParams(query);
  next.set("page", String(number));
  return next.toString();
}
