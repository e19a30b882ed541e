import type { IncomingMessage, ServerResponse } from "node:http";
import { bytesOf, openDoors } from "./doors.ts";

type Behind = { admin: string; ipfs: string };

/** Passes on what a run does to the node and to IPFS, until it is told to fall. */
export type Gate = AsyncDisposable &
  Behind & {
    /** What was passed on since the last fall or rise, in order. */
    readonly effects: string[];
    /**
     * Nothing comes through after so many effects: neither the next one nor the last one's reply.
     */
    fallAfter(effects: number): void;
    rise(): void;
    /** Called before each effect is passed on; one for which it throws is lost. */
    before: ((effect: string) => Promise<void>) | undefined;
    /** Called when an effect is there, before its reply is passed on. */
    after: ((effect: string) => Promise<void>) | undefined;
  };

/** Opens a gate before each of the two. */
export async function startGate(behind: Behind): Promise<Gate> {
  const effects: string[] = [];
  let most = Number.POSITIVE_INFINITY;

  const pass = async (to: string, request: IncomingMessage, response: ServerResponse) => {
    const body = await bytesOf(request);
    if (effects.length >= most) return response.destroy();
    const effect = nameOf(request.url ?? "", body);
    await gate.before?.(effect);
    effects.push(effect);

    const answer = await fetch(new URL(request.url ?? "", to), {
      method: "POST",
      headers: headersOf(request),
      body,
    }).catch(() => undefined);
    await gate.after?.(effect);
    if (!answer || effects.length >= most) return response.destroy();
    return response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
  };

  const doors = await openDoors(behind, pass);
  const gate: Gate = {
    ...{ ...doors.urls, effects, before: undefined, after: undefined },
    fallAfter: (count) => {
      effects.length = 0;
      most = count;
    },
    rise: () => {
      effects.length = 0;
      most = Number.POSITIVE_INFINITY;
    },
    [Symbol.asyncDispose]: () => doors[Symbol.asyncDispose](),
  };
  return gate;
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const kept = ["authorization", "content-type"] as const;
  return Object.fromEntries(kept.flatMap((name) => (headers[name] ? [[name, headers[name]]] : [])));
}

/** `subgraph_deploy acme/nexus`, or which file is added to IPFS. */
function nameOf(path: string, body: Buffer): string {
  if (path.startsWith("/api/")) {
    return `add ${decodeURIComponent(/filename="([^"]*)"/.exec(String(body))?.[1] ?? "")}`;
  }
  const { method, params } = JSON.parse(String(body));
  return `${method} ${params.name}`;
}
