import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { type Job, parseWorkflow, type Step } from "../../scripts/library.ts";
import { cache, root } from "../../scripts/tools.ts";

/** What is around a job: which commit of which origin it is for, and what expressions stand for. */
export type Run = {
  /** Holds what the run keeps: artifacts, and each job's own folder. */
  home: string;
  /** Folder that holds the origin, as `<repository>`: the server of the run. */
  server: string;
  repository: string;
  sha: string;
  values: Record<string, string>;
};

export type Ended = {
  ok: boolean;
  said: string;
  /** Outputs of the job's step with this id. */
  outputs: (step: string) => Record<string, string>;
  /** What the job has asked of GitHub: a list of arguments for each call of `gh`. */
  asked: string[][];
  /** Files that were attested, below the folder of the job. */
  attested: string[];
};

const file = parseWorkflow(
  readFileSync(join(root, ".github/workflows/release.yml"), "utf8"),
  "release.yml",
);

/**
 * Runs a job of release.yml step by step: its scripts in bash, with git against a real origin and
 * `gh` written down; the three actions of GitHub's by what they do to files.
 */
export function runJob(id: string, workspace: string, run: Run): Ended {
  const job = file.jobs[id] as Job;
  const temp = join(run.home, id);
  rmSync(temp, { recursive: true, force: true });
  mkdirSync(join(temp, "bin"), { recursive: true });
  writeFileSync(join(temp, "bin", "gh"), GH);
  chmodSync(join(temp, "bin", "gh"), 0o755);

  const attested: string[] = [];
  let [ok, said] = [true, ""];
  for (const step of job.steps) {
    if (step.run !== undefined) {
      const ended = bash(fill(step.run, run, temp), workspace, environment(job, step, run, temp));
      [ok, said] = [ended.status === 0, said + ended.stdout + ended.stderr];
    } else {
      const path = fill(String(step.with.path ?? step.with["subject-path"] ?? ""), run, temp);
      attested.push(...useAction(step.uses ?? "", path, join(run.home, "artifacts")));
    }
    if (!ok) break;
  }
  return {
    ok,
    said,
    outputs: (step) => outputsIn(join(temp, `${step}.outputs`)),
    asked: callsIn(join(temp, "gh.log")),
    attested: attested.map((path) => path.slice(`${temp}/`.length)),
  };
}

/** Writes its arguments down, and does nothing. */
const GH = `#!/usr/bin/env bash
{ printf '%s\\x1f' "$@"; printf '\\x1e'; } >> "$RUNNER_TEMP/gh.log"
`;

function bash(script: string, cwd: string, env: Record<string, string>) {
  const args = ["--noprofile", "--norc", "-eo", "pipefail", "-c", script];
  return spawnSync("bash", args, { cwd, env, encoding: "utf8" });
}

function environment(job: Job, step: Step, run: Run, temp: string): Record<string, string> {
  const own = Object.entries({ ...job.env, ...step.env });
  return {
    HOME: process.env.HOME ?? "",
    PATH: `${join(temp, "bin")}:${process.env.PATH}`,
    PLAYBOOK_CACHE: cache,
    GITHUB_OUTPUT: join(temp, `${step.id}.outputs`),
    GITHUB_REPOSITORY: run.repository,
    GITHUB_SERVER_URL: `file://${run.server}`,
    GITHUB_SHA: run.sha,
    RUNNER_TEMP: temp,
    ...Object.fromEntries(own.map(([name, value]) => [name, fill(String(value), run, temp)])),
  };
}

/** Puts what they stand for in the place of expressions; there are no others than it knows. */
function fill(text: string, { values }: Run, temp: string): string {
  return text.replaceAll(/\$\{\{ (.+?) \}\}/g, (_, expression: string) => {
    const value = expression === "runner.temp" ? temp : values[expression];
    if (value === undefined) throw new Error(`Nobody says what ${expression} is.`);
    return value;
  });
}

/** Does what the action does to files, and gives back what it attests. */
function useAction(uses: string, path: string, artifacts: string): string[] {
  const name = /^actions\/([a-z-]+)@/.exec(uses)?.[1];
  if (name === "upload-artifact") cpSync(path, join(artifacts, basename(path)));
  if (name === "download-artifact") cpSync(artifacts, path, { recursive: true });
  if (name !== "attest-build-provenance") return [];
  return path
    .trim()
    .split("\n")
    .flatMap((pattern) => globSync(pattern))
    .sort();
}

function outputsIn(path: string): Record<string, string> {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const values = text.matchAll(/^([\w-]+)(?:=(.*)|<<(.+)\n([\s\S]*?)\n\3)$/gm);
  return Object.fromEntries(
    [...values].map(([, name, line, , block]) => [name, line ?? block ?? ""]),
  );
}

function callsIn(path: string): string[][] {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  return text
    .split("\x1e")
    .filter(Boolean)
    .map((call) => call.split("\x1f").slice(0, -1));
}
