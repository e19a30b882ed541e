import { realClock } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";

/**
 * Does something as soon as a line is said, before anything else is looked at; from another line on
 * time flies.
 */
export function when(line: string, work: () => Promise<unknown>, late = "never") {
  let working: Promise<unknown> = Promise.resolve();
  let skipped = 0;
  const clock = {
    now: () => Date.now() + skipped,
    sleep: async (ms: number, signal?: AbortSignal) => {
      await working;
      await realClock.sleep(ms, signal);
    },
  };
  const progress = (said: string) => {
    if (said.startsWith(line)) working = work();
    if (said.startsWith(late)) skipped = 3_600_000;
  };
  return contextForTests({ clock, progress });
}
