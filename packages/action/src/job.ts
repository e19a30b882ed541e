import type { Environment } from "./inputs.ts";

/** Which run it is: of two the later one counts. */
export type Turn = { run: number; attempt: number };

/** What GitHub tells a job of itself. */
export type Job = {
  /** `owner/name`. */
  repository: string;
  /** URL of GitHub's pages. */
  server: string;
  turn: Turn;
  /** The run in words, for whoever reads what it stored. */
  run: string;
};

/** More attempts than a run can have: GitHub allows 50. */
const ATTEMPTS = 1_000;

/** The job that this is; from a terminal it is none, and the run is the one before all others. */
export function jobOf(env: Environment = process.env): Job {
  const { GITHUB_RUN_ID: id, GITHUB_RUN_ATTEMPT: attempt = "1" } = env;
  return {
    repository: env.GITHUB_REPOSITORY ?? "local/project",
    server: env.GITHUB_SERVER_URL ?? "https://github.com",
    turn: { run: Number(id ?? 0), attempt: Number(attempt) },
    run: id ? `run ${id}, attempt ${attempt}` : "a terminal",
  };
}

/** The order in which runs were begun, as one number. */
export function orderOfTurn({ run, attempt }: Turn): number {
  return run * ATTEMPTS + attempt;
}
