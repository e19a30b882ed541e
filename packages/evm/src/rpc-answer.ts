import type { Answer } from "@playbook/action";
import { RpcError } from "./rpc-error.ts";

export type Outcome = { result: unknown } | { error: RpcError };

type Reply = { id: unknown; result?: unknown; error?: RawError };
type RawError = { code: number; message: string; data?: unknown };

export type Reading =
  | { outcomes: Outcome[] }
  | { failure: string; batchRefused?: boolean; pauseMs?: number; cause?: unknown };

/** What an HTTP answer says: outcomes, or that this URL is of no use right now. */
export function readAnswer(
  requests: { id: number }[],
  { status, body, headers }: Answer,
  now: number,
): Reading {
  const replies = parse(body);
  const retryAfter = headers["retry-after"];
  const pauseMs = Math.max(askedPause(retryAfter, now), ...(replies ?? []).map(askedByNode));
  const limited = replies?.find(({ error }) => error && isRateLimit(error))?.error;
  if (limited) return { failure: limited.message, pauseMs };

  const batch = requests.length > 1;
  if (status >= 500 || [401, 403, 408, 429].includes(status)) {
    return { failure: `HTTP ${status}`, pauseMs };
  }
  if (!replies) {
    const failure = status === 200 ? "an answer that is no JSON-RPC" : `HTTP ${status}`;
    return { failure, pauseMs, batchRefused: batch && status >= 400 };
  }
  const outcomes = requests.flatMap(({ id }) => outcomeOf(replies, id, batch));
  if (outcomes.length === requests.length) return { outcomes };
  return { failure: "an answer to something else", batchRefused: batch };
}

/** An error that names no request belongs to the only one. */
function outcomeOf(replies: Reply[], id: number, batch: boolean): Outcome[] {
  const reply = replies.find((one) => one.id === id);
  const stray = batch ? undefined : replies.find((one) => one.error && one.id == null);
  const { error, result } = reply ?? stray ?? {};
  if (error) return [{ error: new RpcError(error.code, error.message, error.data) }];
  return reply ? [{ result }] : [];
}

function parse(body: string): Reply[] | undefined {
  try {
    const replies = [JSON.parse(body)].flat() as (Reply | null)[];
    const sound = replies.every((one) => one && ("result" in one || isError(one.error)));
    return sound ? (replies as Reply[]) : undefined;
  } catch {
    return undefined;
  }
}

function isError(error: unknown): error is RawError {
  return typeof (error as RawError | undefined)?.message === "string";
}

const RATE_LIMIT =
  /\brate.?limit|\brequest (rate|limit|count)\b|too many requests|\brps\b|^limit exceeded/i;

/**
 * What providers say with HTTP status 200 too: Alchemy (code 429), Infura, QuickNode, Chainstack.
 */
function isRateLimit({ code, message }: RawError): boolean {
  return code === 429 || RATE_LIMIT.test(message);
}

/** `Retry-After` in seconds or as a date, in milliseconds from now. */
function askedPause(retryAfter: string | undefined, now: number): number {
  if (!retryAfter) return 0;
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1_000;
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? 0 : Math.max(0, at - now);
}

/** Infura's `backoff_seconds`. */
function askedByNode({ error }: Reply): number {
  const data = error?.data as { backoff_seconds?: number; rate?: { backoff_seconds?: number } };
  const seconds = data?.backoff_seconds ?? data?.rate?.backoff_seconds ?? 0;
  return Number.isFinite(seconds) ? seconds * 1_000 : 0;
}
