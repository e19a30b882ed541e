import type { IncomingMessage } from "node:http";
import { bodyOf, type Listening, listen, sendJson } from "./listen.ts";

/** What protects an environment. One that is not declared is not protected, as on GitHub. */
export type EnvironmentRules = {
  /** Names or patterns (`release/*`) of the branches that may deploy; all without it. */
  branches?: string[];
  /** The same for tags; none when only branches are named. */
  tags?: string[];
  /** Somebody has to approve each job. */
  reviewers?: boolean;
};

/** A job at the moment when it would start. */
export type Arrival = {
  /** Its number in the run's plan. */
  job: number;
  /** Empty when the job names none. */
  environment: string;
  workspace: string;
};

export type Departure = Arrival & { outputs: Record<string, string> };

export type Answer = { refused: string } | { given: Record<string, string> };

/**
 * The other end of each job's first step. A job asks once when it starts, and hands over its
 * outputs at the end, when the answer lets the runner remove the job's folders.
 */
export function openGate(
  arrive: (arrival: Arrival) => Promise<Answer>,
  depart: (departure: Departure) => Promise<void>,
): Promise<Listening> {
  return listen(async (request, response) => {
    const message = await messageOf(request);
    if (request.url === "/start") return sendJson(response, 200, await arrive(message));
    await depart(message);
    sendJson(response, 200, {});
  });
}

async function messageOf(request: IncomingMessage): Promise<Departure> {
  return JSON.parse((await bodyOf(request)).toString());
}

/** Why a run of `ref` may not deploy to the environment, in GitHub's words. */
export function branchRefusal(
  environment: string,
  { branches, tags }: EnvironmentRules,
  ref: string,
): string | undefined {
  if (!branches && !tags) return undefined;
  const [, kind, name = ref] = /^refs\/(heads|tags)\/(.+)$/.exec(ref) ?? [];
  const allowed = (kind === "tags" ? tags : kind === "heads" ? branches : undefined) ?? [];
  if (allowed.some((pattern) => matches(pattern, name))) return undefined;

  const what = kind === "tags" ? "Tag" : "Branch";
  const why = "due to environment protection rules.";
  return `${what} "${name}" is not allowed to deploy to ${environment} ${why}`;
}

/** `*` stands for anything but a slash, as in GitHub's branch patterns. */
function matches(pattern: string, name: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^/]*")}$`).test(name);
}
