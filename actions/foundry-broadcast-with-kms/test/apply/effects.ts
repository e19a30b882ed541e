import type { Office } from "./office.ts";

const SEND = "eth_sendRawTransaction";

/** What a run does to the world: it asks for a session, signs, stores and sends. */
const EFFECTS = new Set(["AssumeRoleWithWebIdentity", "Sign", "PutObject"]);

/**
 * Calls, and awaits, the listener before each effect of a run and after it, with its number from 1
 * on. Returns what ends it.
 */
export function onEffect(
  { aws, chains }: Pick<Office, "aws" | "chains">,
  listener: (nth: number) => void | Promise<void>,
): () => void {
  let seen = 0;
  const next = () => {
    seen += 1;
    return listener(seen);
  };
  const ends = [
    aws.onCall(({ operation }) => (EFFECTS.has(operation) ? next() : undefined)),
    ...chains.map(({ chaos }) =>
      chaos.onCall((_, { method }) => (method === SEND ? next() : undefined)),
    ),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/** All of the numbers from 1 to `last` with PLAYBOOK_FULL=1; else so many, spread evenly. */
export function sample(last: number, count: number): number[] {
  const all = Array.from({ length: last }, (_, index) => index + 1);
  if (process.env.PLAYBOOK_FULL) return all;
  return Array.from({ length: count }, (_, index) => Math.round(((index + 0.5) * last) / count));
}
