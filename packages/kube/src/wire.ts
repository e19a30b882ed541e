import { type Answer, agentsFor, ask, type Context, retry } from "@playbook/action";
import { type Connection, tlsOf } from "./connection.ts";
import { type Doing, explain, isPassing, mayHaveHappened, Refusal, retryAfter } from "./failure.ts";

export type Request = {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: object;
  contentType?: string;
};

/** What came of a request. `uncertain`: an earlier try may have been carried out unanswered. */
export type Outcome =
  | { answer: Answer; uncertain: boolean }
  | { refusal: Refusal; uncertain: boolean };

/** An API server that is replaced is away for half a minute. */
const PATIENCE_MS = 90_000;
const TIMEOUT_MS = 20_000;

/**
 * Requests to one API server, each tried again until it is answered for good. A read ends with the
 * run; a write that is under way is not cut off.
 */
export class Wire {
  readonly connection: Connection;
  readonly #context: Context;

  constructor(connection: Connection, context: Context) {
    this.connection = connection;
    this.#context = context;
  }

  /** Throws the words for a person when there is no answer in the end, or nobody is known. */
  async send(request: Request, doing: Doing, patienceMs = PATIENCE_MS): Promise<Outcome> {
    const { clock, signal } = this.#context;
    const reads = request.method === "GET";
    let uncertain = false;
    const attempt = async () => {
      try {
        return await this.#once(request, reads ? signal : undefined);
      } catch (error) {
        if (!reads && isPassing(error) && mayHaveHappened(error)) uncertain = true;
        throw error;
      }
    };
    try {
      const patience = { deadlineMs: patienceMs, clock, signal };
      const answer = await retry(attempt, patience, { isPassing, retryAfter });
      return { answer, uncertain };
    } catch (error) {
      if (error instanceof Refusal && error.code !== 401 && !isPassing(error)) {
        return { refusal: error, uncertain };
      }
      throw explain(error, doing, this.connection);
    }
  }

  /** With a new credential when the first is not taken: it can end before its time. */
  async #once(request: Request, signal?: AbortSignal): Promise<Answer> {
    const credential = await this.connection.credential();
    const first = await this.#exchange(request, credential, signal);
    if (first.status !== 401) return succeeded(first);

    this.connection.renew(credential);
    return succeeded(await this.#exchange(request, await this.connection.credential(), signal));
  }

  #exchange(
    { method, path, query = {}, body, contentType = "application/json" }: Request,
    { token, certificate }: Awaited<ReturnType<Connection["credential"]>>,
    signal?: AbortSignal,
  ): Promise<Answer> {
    const { server, proxy } = this.connection;
    const url = new URL(`${server}${path}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const way = proxy && agentsFor(server, { HTTPS_PROXY: proxy, HTTP_PROXY: proxy });
    return ask(url.href, {
      method,
      headers: {
        accept: "application/json",
        "user-agent": "playbook",
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { "content-type": contentType }),
      },
      ...(body && { body: JSON.stringify(body) }),
      ...(way && { agents: way }),
      tls: { ...tlsOf(this.connection), ...certificate },
      timeoutMs: TIMEOUT_MS,
      signal,
    });
  }
}

function succeeded(answer: Answer): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw new Refusal(answer);
}
