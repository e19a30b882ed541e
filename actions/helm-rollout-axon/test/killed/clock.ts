import { type Clock, realClock } from "@playbook/action";
import { contextForTests, type TestContext } from "@playbook/action/testing";

/** What a run says while it waits whether another one lives. */
const DOUBTS = /is it alive\?$|still lives$/;

/**
 * A context in which nobody waits whether a run lives that is known to be dead; all other time is
 * the machine's.
 */
export function knowing(): TestContext {
  let ahead = 0;
  let doubts = false;
  const clock: Clock = {
    now: () => realClock.now() + ahead,
    sleep: async (ms, signal) => {
      if (!doubts) return realClock.sleep(ms, signal);
      ahead += ms;
      await realClock.sleep(Math.min(ms, 20), signal);
    },
  };
  const context = contextForTests({ clock });
  const progress = (line: string) => {
    context.said.push(line);
    doubts = DOUBTS.test(line);
  };
  return Object.assign(context, { progress });
}

type Impatient = { clock: Clock; hurry: () => void; calm: () => void };

/**
 * A clock whose time passes at once for whoever waits, from when it is to hurry until it is calm.
 */
export function impatient(): Impatient {
  let ahead = 0;
  let hurries = false;
  const clock: Clock = {
    now: () => realClock.now() + ahead,
    sleep: async (ms, signal) => {
      if (!hurries) return realClock.sleep(ms, signal);
      ahead += ms;
      await realClock.sleep(0, signal);
    },
  };
  const hurry = () => {
    hurries = true;
  };
  const calm = () => {
    hurries = false;
  };
  return { clock, hurry, calm };
}
