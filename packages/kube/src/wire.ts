import { type Answer, agentsFor, ask, type Context, retry } from "@playbook/action";
import { type Connection, noteAnswer, tlsOf, wasKnown } from "./connection.ts";
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

/** An API server that was just started may know nobody before it can ask who somebody is. */
const STRANGE_MS = [1_000, 2_000, 4_000, 8_000];

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

  /**
   * With a new credential when the first is not taken: it can end before its time. Who was known
   * before is not turned away by an API server that has just come up.
   */
  async #once(request: Request, signal?: AbortSignal): Promise<Answer> {
    const { connection } = this;
    const credential = await connection.credential();
    let answer = await this.#exchange(request, credential, signal);
    if (answer.status === 401) connection.renew(credential);
    for (const pause of wasKnown(connection) ? [0, ...STRANGE_MS] : [0]) {
      if (answer.status !== 401) break;
      await this.#context.clock.sleep(pause, signal);
      answer = await this.#exchange(request, await connection.credential(), signal);
    }
    noteAnswer(connection, answer.status);
    return succeeded(answer);
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
