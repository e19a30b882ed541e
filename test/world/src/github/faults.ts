import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { sendJson } from "../runner/listen.ts";

export type GithubFault = {
  /**
   * `rate-limit`: the hour's requests are used up. `secondary`: too much at once, with
   * `Retry-After`. `status`: this status. `lose-reply`: it is done, and nobody hears of it.
   * `down`: nothing is done, and nothing is said.
   */
  do: "rate-limit" | "secondary" | "status" | "lose-reply" | "down" | "delay";
  method?: string;
  /** Part of the path. */
  path?: string;
  /** How many requests that it fits it lets through first. */
  skip?: number;
  /** How many requests it hits; one without it. */
  requests?: number;
  /** Seconds, for `rate-limit` and `secondary`. */
  retryAfter?: number;
  status?: number;
  ms?: number;
};

/** Faults by rule: each hits the next requests that it fits. */
export class Faults {
  readonly #armed: (GithubFault & { skip: number; left: number })[] = [];

  add(fault: GithubFault): void {
    this.#armed.push({ ...fault, skip: fault.skip ?? 0, left: fault.requests ?? 1 });
  }

  clear(): void {
    this.#armed.length = 0;
  }

  take(method: string, path: string): GithubFault | undefined {
    const fitting = this.#armed.filter(
      (one) =>
        one.left > 0 &&
        (one.method ?? method) === method &&
        (one.path === undefined || path.includes(one.path)),
    );
    const fault = fitting.find(({ skip }) => skip === 0);
    for (const other of fitting) if (other.skip > 0) other.skip -= 1;
    if (fault) fault.left -= 1;
    return fault;
  }
}

/** Answers in the request's place, and says whether it did. */
export async function answeredByFault(
  fault: GithubFault | undefined,
  response: ServerResponse,
): Promise<boolean> {
  const { status = 502, retryAfter = 1, ms = 0 } = fault ?? {};
  switch (fault?.do) {
    case "delay":
      await sleep(ms);
      return false;
    case "status":
      sendJson(response, status, { message: "Server Error" });
      return true;
    case "rate-limit": {
      const reset = Math.ceil(Date.now() / 1000) + retryAfter;
      const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(reset) };
      const message = "API rate limit exceeded for installation ID 1.";
      sendJson(response, 403, { message, status: "403" }, headers);
      return true;
    }
    case "secondary": {
      const message =
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
      sendJson(response, 403, { message, status: "403" }, { "retry-after": String(retryAfter) });
      return true;
    }
  }
  return false;
}
