/**
 * What a person needs when something fails: the same text in the log, the annotation and the docs.
 */
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

/** What to tell of any error, also of one that nobody foresaw. */
export function explanationOf(error: unknown): Explanation & { code: string } {
  if (error instanceof ActionError) return error;
  return {
    code: "unexpected",
    what: `Unexpected: ${reason(error)}`,
    why: "This is a fault of the action, not of your inputs.",
    next: "Run it again; if it repeats, open an issue with these lines.",
  };
}

/**
 * Renders any error the way a person reads it: labelled lines, and the stack of an unforeseen one.
 */
export function explain(error: unknown): string {
  const { what, why, next, code } = explanationOf(error);
  const text = `${what}\n  why:  ${why}\n  next: ${next}\n  code: ${code}`;
  const { stack } = (error ?? {}) as { stack?: string };
  return error instanceof ActionError || !stack ? text : `${text}\n${stack}`;
}

/** The first line of whatever was thrown, to be quoted in a `why`. */
export function reason(error: unknown): string {
  // Of several addresses that could not be reached Node gives a code and no message.
  const { message, code, name } = (error ?? {}) as Record<string, unknown>;
  const said = String(message || code || name || error);
  return said.split("\n")[0] ?? said;
}
