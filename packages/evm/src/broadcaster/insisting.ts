import { ActionError, type Clock } from "@playbook/action";

const TRIES = 5;
const PAUSE_MS = 500;

/**
 * Does again, a few times, what fails by what a single node says that stands behind the others of
 * its address.
 */
export async function insisting<Result>(
  work: () => Promise<Result>,
  clock: Pick<Clock, "sleep">,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === TRIES || !mayPass(error)) throw error;
      await clock.sleep(PAUSE_MS);
    }
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof ActionError && ["node-behind", "rpc-refused"].includes(error.code);
}
