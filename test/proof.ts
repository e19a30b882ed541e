import { appendFileSync } from "node:fs";

/** What a sweep tried, and how much of it was as it should be. */
export type Claim = {
  /** What is proven, as a sentence. */
  what: string;
  /** What was tried: points, orders, schedules, processes. */
  tried: number;
  /** All that there are, when that is known. */
  of?: number | undefined;
  passed: number;
  /** What one of them is called. */
  unit: string;
  seconds: number;
  /** The test's file. */
  file: string;
};

/** True when sweeps run whole, and not a fixed sample of them. */
export const whole = Boolean(process.env.PLAYBOOK_FULL);

/**
 * Says on the terminal what a sweep tried; a whole run (`npm run test:proof`) collects it for
 * PROOF.md. Call it before the assertion that may fail.
 */
export function claim(
  what: string,
  { tried, of, passed, unit, since }: Omit<Claim, "what" | "seconds" | "file"> & { since: number },
): void {
  const seconds = (Date.now() - since) / 1000;
  const file = expect.getState().testPath ?? "";
  const line: Claim = { what, tried, of, passed, unit, seconds, file };
  const share = of === undefined || of === tried ? `all ${tried}` : `${tried} of ${of}`;
  console.log(`${what}: ${share} ${unit}, ${passed} as they should be, ${seconds.toFixed(0)} s`);
  if (process.env.PLAYBOOK_PROOF) {
    appendFileSync(process.env.PLAYBOOK_PROOF, `${JSON.stringify(line)}\n`);
  }
}
