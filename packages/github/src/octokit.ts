import { getOctokit } from "@actions/github";
import { type Context, connectionError, goOn, reason } from "@playbook/action";
import { type Failure, waitBefore } from "./retry.ts";

export type Octokit = ReturnType<typeof getOctokit>;

/**
 * GitHub's REST API for one token, at `GITHUB_API_URL`. Requests are sent again as far as that is
 * safe, when GitHub says so, and none is after the run has to end.
 */
export function connect(token: string, context: Context): Octokit {
  const octokit = getOctokit(token);
  octokit.hook.wrap("request", (request, options) => {
    const within = { ...options, request: { ...options.request, signal: context.signal } };
    return patiently({ once: isOnce(options) }, context, () => request(within));
  });
  return octokit;
}

/** Git's objects are what they hold: making one again makes nothing more. */
function isOnce({ method, url }: { method: string; url: string }): boolean {
  return method === "POST" && !/\/git\/(blobs|trees|commits)$/.test(url);
}

/** Does something with GitHub as often as `waitBefore` allows, and not after the run has to end. */
export async function patiently<Result>(
  { once }: Pick<Failure, "once">,
  context: Context,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  for (let tried = 1; ; tried += 1) {
    goOn(context);
    try {
      return await work();
    } catch (error) {
      goOn(context);
      const fault = connectionError("GitHub", rootOf(error));
      if (fault) throw fault;
      const { clock, progress, signal } = context;
      const wait = waitBefore({ once, ...failureOf(error) }, tried, clock.now());
      if (wait === undefined) throw error;

      progress(`GitHub: ${reason(error)}; trying again in ${Math.ceil(wait / 1_000)} s`);
      await clock.sleep(wait, signal);
    }
  }
}

type Thrown = {
  status?: number;
  message?: string;
  response?: { headers?: Failure["headers"] };
};

/** What Octokit threw. Where there was no reply, it says 500. */
export function failureOf(error: unknown): Omit<Failure, "once"> {
  const { status, message = "", response } = (error ?? {}) as Thrown;
  return { status: response ? status : undefined, headers: response?.headers ?? {}, message };
}

/** What the connection said, below the words of those who used it. */
function rootOf(error: unknown): unknown {
  const { cause } = (error ?? {}) as { cause?: unknown };
  return cause instanceof Error ? rootOf(cause) : error;
}
