import { type Context, realClock } from "./context.ts";

export type TestContext = Context & {
  /** Everything that was said, in order. */
  said: string[];
  warnings: string[];
  stop: AbortController;
};

/** A context that keeps what an action says, with a signal that the test can abort. */
export function contextForTests(over: Partial<Context> = {}): TestContext {
  const said: string[] = [];
  const warnings: string[] = [];
  const stop = new AbortController();
  return {
    clock: realClock,
    signal: stop.signal,
    progress: (line) => said.push(line),
    warn: (line) => warnings.push(line),
    mask: () => {},
    ...over,
    said,
    warnings,
    stop,
  };
}
