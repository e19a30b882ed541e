import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isMap, isScalar, LineCounter, parseDocument } from "yaml";

/** A repository at a commit, as a folder. */
export type Source = {
  /** `owner/name`. */
  repository: string;
  /** What stands behind the `@` of those who use it: `v1`, a branch, a commit. */
  written: string;
  /** The same as claims have it: `refs/tags/v1`. */
  ref: string;
  sha: string;
  folder: string;
};

export type WorkflowFile = { source: Source; path: string };

// biome-ignore lint/suspicious/noExplicitAny: a workflow's keys are checked where they are used
export type Yaml = any;

export type Parsed = {
  content: Yaml;
  /** Where a job's key stands, as GitHub's errors say it. */
  position: (job: string) => string;
};

/** The run does not start: what GitHub shows in place of its jobs. */
export class StartupFailure extends Error {
  override name = "StartupFailure";
}

export function parseWorkflow({ source, path }: WorkflowFile): Parsed {
  const lineCounter = new LineCounter();
  const text = readFileSync(join(source.folder, path), "utf8");
  const document = parseDocument(text, { lineCounter });
  const [error] = document.errors;
  if (error) throw new StartupFailure(`Invalid workflow file: ${path}: ${error.message}`);

  const jobs = document.get("jobs");
  const position = (job: string) => {
    const keys = isMap(jobs) ? jobs.items.map(({ key }) => key) : [];
    const key = keys.find((key) => isScalar(key) && key.value === job);
    const { line, col } = lineCounter.linePos(isScalar(key) ? (key.range?.[0] ?? 0) : 0);
    return `${path} (Line: ${line}, Col: ${col})`;
  };
  return { content: document.toJS(), position };
}

/** The file behind `jobs.<id>.uses`; `./` and `$/` are the repository that the line stands in. */
export function findWorkflow(
  uses: string,
  within: Source,
  sources: Source[],
): WorkflowFile | undefined {
  const [, own] = /^[.$]\/(\.github\/workflows\/[^@]+)$/.exec(uses) ?? [];
  if (own) return existing(within, own);

  const [, repository, path = "", written] =
    /^([^/]+\/[^/]+)\/(\.github\/workflows\/[^@]+)@(.+)$/.exec(uses) ?? [];
  const source = sources.find((s) => s.repository === repository && s.written === written);
  return source && existing(source, path);
}

function existing(source: Source, path: string): WorkflowFile | undefined {
  return existsSync(join(source.folder, path)) ? { source, path } : undefined;
}

export function eventsOf({ on }: Yaml): string[] {
  if (typeof on === "string") return [on];
  if (Array.isArray(on)) return on.map(String);
  return Object.keys(on ?? {});
}
