/** What a person needs when something fails: the same text in the log, the annotation and the docs. */
export type Explanation = {
  /** What failed, with the name of the input, file, chain or resource. */
  what: string;
  why: string;
  /** What to do now. */
  next: string;
};

/** The only error that reaches a user on purpose. `code` is stable and documented per action. */
export class ActionError extends Error {
  override readonly name = "ActionError";
  readonly code: string;
  readonly what: string;
  readonly why: string;
  readonly next: string;

  constructor(code: string, { what, why, next }: Explanation, options?: ErrorOptions) {
    super(`${what} ${why} ${next}`, options);
    this.code = code;
    this.what = what;
    this.why = why;
    this.next = next;
  }
}

/** Renders any error the way a person reads it: three labelled lines, or what there is. */
export function explain(error: unknown): string {
  if (error instanceof ActionError) {
    return `${error.what}\n  why:  ${error.why}\n  next: ${error.next}\n  code: ${error.code}`;
  }
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `Unexpected: ${said}\n  why:  This is a fault of the action, not of your inputs.\n  next: Run it again; if it repeats, open an issue with these lines.`;
}

/** The first line of whatever was thrown, to be quoted in a `why`. */
export function reason(error: unknown): string {
  const said = error instanceof Error ? error.message || error.name : String(error);
  return said.split("\n")[0] ?? said;
}
