import {
  ActionError,
  type Agents,
  ask,
  type Clock,
  type Context,
  faultOf,
  reason,
  retry,
} from "@playbook/action";
import type { Connection } from "./connection.ts";
import { type PodPort, podAgents } from "./pod-socket.ts";

/** A program's own words about a call that it understood and refused. */
export class RpcRefusal extends Error {
  override readonly name = "RpcRefusal";
  readonly code: number;
  readonly data: unknown;

  constructor({ code, message, data }: { code: number; message: string; data?: unknown }) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

export type CallOptions = {
  /** From the first try until no further one is started. */
  deadlineMs?: number;
};

/** JSON-RPC 2.0 over HTTP with one program. */
export type JsonRpc = Disposable & {
  /** Whom it speaks to, fit to be printed. */
  readonly name: string;
  /**
   * What a method answers. Calls are repeated until the deadline, so a method has to be one that
   * does not mind. Throws `RpcRefusal` when it refuses, and `rpc-silent` when nothing answers.
   */
  call<Result>(method: string, params?: unknown[], options?: CallOptions): Promise<Result>;
};

const DEADLINE_MS = 10_000;

/** One try: a program that does not answer in this time is asked anew. */
const TRY_MS = 5_000;

/** With a program in a pod, through the API server: it needs the right to `pods/portforward`. */
export function podRpc(connection: Connection, target: PodPort, context: Context): JsonRpc {
  const agents = podAgents(connection, target);
  const { namespace, pod, port } = target;
  const name = `${namespace}/${pod}:${port}`;
  // The name is the Host that the program sees: some answer to themselves alone.
  return speak({ name, url: `http://localhost:${port}/`, agents, context });
}

/** With a program at an address. */
export function urlRpc(url: string, context: Context): JsonRpc {
  return speak({ name: new URL(url).host, url, context });
}

type Line = { name: string; url: string; agents?: Agents & Disposable; context: Context };

function speak({ name, url, agents, context }: Line): JsonRpc {
  let lastId = 0;
  const once = async (method: string, params: unknown[], clock: Clock, end: number) => {
    const id = ++lastId;
    const answer = await ask(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id, method, params }),
      timeoutMs: Math.max(1, Math.min(TRY_MS, end - clock.now())),
      signal: context.signal,
      agents,
    });
    return resultIn(answer.body, answer.status);
  };
  return {
    name,
    call: async <Result>(
      method: string,
      params: unknown[] = [],
      { deadlineMs = DEADLINE_MS }: CallOptions = {},
    ) => {
      const { clock, signal } = context;
      const attempt = () => once(method, params, clock, clock.now() + deadlineMs);
      const judge = { isPassing, retryAfter: () => 0 };
      try {
        return (await retry(attempt, { deadlineMs, clock, signal }, judge)) as Result;
      } catch (error) {
        throw isPassing(error) ? silent(name, method, error) : error;
      }
    },
    [Symbol.dispose]: () => agents?.[Symbol.dispose](),
  };
}

/** What is no JSON-RPC comes from something before the program, or from one that is starting. */
class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

function isPassing(error: unknown): boolean {
  return error instanceof NoAnswer || faultOf(error) === "passing";
}

function resultIn(body: string, status: number): unknown {
  let said: { result?: unknown; error?: ConstructorParameters<typeof RpcRefusal>[0] };
  try {
    said = JSON.parse(body);
  } catch {
    throw new NoAnswer(`HTTP ${status} without JSON`);
  }
  if (said.error) throw new RpcRefusal(said.error);
  if (!("result" in said)) throw new NoAnswer(`HTTP ${status} without a result`);
  return said.result;
}

function silent(name: string, method: string, cause: unknown): ActionError {
  return new ActionError(
    "rpc-silent",
    {
      what: `${name} does not answer ${method}.`,
      why: reason(cause),
      next: "See whether the program runs and whether its port is the one that it listens on.",
    },
    { cause },
  );
}
