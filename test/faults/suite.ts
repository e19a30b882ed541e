import { type Arena, openArena } from "./arena.ts";
import type { Fault } from "./fault.ts";
import { ours } from "./outcome.ts";

/** Longer than a person would wait in `npm test`; the others take seconds. */
const LONG = /for 20 s/;

/**
 * The tests of some faults: each ends as the table says, and nothing took effect twice or astray.
 */
export function proves(faults: Fault[]): void {
  let arena: Arena;
  beforeAll(async () => {
    arena = await openArena();
  }, 120_000);
  afterAll(() => arena?.[Symbol.asyncDispose]());

  const chosen = faults.filter(({ name }) => process.env.PLAYBOOK_FULL || !LONG.test(name));
  test.each(chosen)(
    "$name",
    async (fault) => {
      const outcome = await ours(arena, fault);

      const { ends, verdict, strays, doubled, said } = outcome;
      expect({ ends, said: shown(ends, fault, said) }).toEqual({ ends: fault.ends, said: "" });
      expect(verdict).toMatchObject({ twice: 0, elsewhere: 0, lost: 0n });
      expect({ strays, doubled }).toEqual({ strays: 0, doubled: 0 });
      expect(verdict.complete).toBe(ends.at(-1) === "done");
    },
    120_000,
  );
}

/** What the runs said, when they did not end as they should. */
function shown(ends: string[], fault: Fault, said: string[]): string {
  return ends.join() === fault.ends.join() ? "" : said.join("\n---\n");
}
