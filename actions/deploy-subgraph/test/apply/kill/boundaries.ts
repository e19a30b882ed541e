import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { bytesOf, openDoors } from "../doors.ts";

/** Where a run is killed: at which of its effects, and where in that. */
export type Point = { effect: number; when: "before" | "within" | "after" };

/** The services that a run changes something at. */
type Services = { admin: string; ipfs: string; state: string };

export type Boundaries = AsyncDisposable &
  Services & {
    /** The effects since the last `watch`, in order. */
    readonly effects: string[];
    /**
     * Records from now on. At the point `kill` is called: before the effect leaves, when it is
     * there and the reply is lost, or after its reply.
     */
    watch(point?: Point, kill?: () => Promise<void>): void;
    /** Passes everything on, and records nothing. */
    rest(): void;
  };

/** Stands before the three services, under addresses of its own. */
export async function openBoundaries(services: Services): Promise<Boundaries> {
  const effects: string[] = [];
  let [isWatching, point, kill] = [false, undefined as Point | undefined, async () => {}];

  const pass = async (to: string, request: IncomingMessage, response: ServerResponse) => {
    const body = await bytesOf(request);
    const effect = isWatching ? effectOf(request, body) : undefined;
    if (effect) effects.push(effect);
    const when = effect && effects.length === point?.effect ? point.when : undefined;
    if (when === "before") return void kill().then(() => response.destroy());

    const answer = await forward(to, request, body);
    if (when === "within") return void kill().then(() => response.destroy());
    response.writeHead(answer.status, answer.headers).end(answer.body);
    if (when === "after") response.once("finish", kill);
  };

  const doors = await openDoors(services, pass);
  return {
    ...{ ...doors.urls, effects },
    watch: (at, end = async () => {}) => {
      effects.length = 0;
      [isWatching, point, kill] = [true, at, end];
    },
    rest: () => {
      isWatching = false;
    },
    [Symbol.asyncDispose]: () => doors[Symbol.asyncDispose](),
  };
}

type Forwarded = { status: number; headers: http.IncomingHttpHeaders; body: Buffer };

/** With its headers as they were: what is signed names the host that it was sent to. */
function forward(to: string, { method, url, headers }: IncomingMessage, body: Buffer) {
  const sent = http.request(new URL(url ?? "/", to), { method, headers });
  const answered = new Promise<Forwarded>((resolve, reject) => {
    sent.once("error", reject);
    sent.once("response", async (response) => {
      const { "transfer-encoding": _, ...kept } = response.headers;
      const answer = await bytesOf(response);
      resolve({ status: response.statusCode ?? 0, headers: kept, body: answer });
    });
  });
  sent.end(body);
  return answered;
}

/** What a request changes, in words; undefined for what only looks. */
function effectOf({ method, url = "" }: IncomingMessage, body: Buffer): string | undefined {
  if (method === "PUT") return `store ${url.split(/[/?]/).at(-2)}`;
  if (method !== "POST") return undefined;
  if (url.startsWith("/api/v0/add")) return "add";
  const { method: called, params } = JSON.parse(String(body));
  return `${called} ${params.name}`;
}
