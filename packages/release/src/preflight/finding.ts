/** Something that a rollout must not begin with, or that a person should know. */
export type Finding = {
  readonly code: string;
  /** An error keeps the rollout from beginning; a warning is shown. */
  readonly level: "error" | "warning";
  /** The object or input that it is about. */
  readonly at: string;
  readonly why: string;
  readonly next: string;
};

export function error(code: string, at: string, why: string, next: string): Finding {
  return { code, level: "error", at, why, next };
}

export function warning(code: string, at: string, why: string, next: string): Finding {
  return { code, level: "warning", at, why, next };
}

export function errorsFirst(a: Finding, b: Finding): number {
  return Number(b.level === "error") - Number(a.level === "error");
}
