import type { Advice, Deployment, Standing } from "@playbook/evm";

export type Place = { state: string; region: string | undefined };

/** What a person should do, and the command for it when there is one to type. */
export type Next = { say: string; command: string | null };

/** The next thing to do about a key, in words and as it is to be typed. */
export function nextOf(
  { advice, signer, open }: Standing,
  deployment: Deployment | undefined,
  chain: string,
  place: Place,
): Next {
  const abandon = command("abandon", { ...named(deployment), ...reach(place, signer) });
  const adopt = command("adopt", { chains: chain, ...named(undefined), ...reach(place, signer) });
  const steps: Record<Advice, Next> = {
    nothing: { say: "Nothing: the key is free.", command: null },
    "go-on": {
      say: `Run ${open?.deployment} again: it goes on from here. Or give it up:`,
      command: abandon,
    },
    "finish-abandoning": { say: "It is being given up: finish that.", command: abandon },
    "abandon-then-adopt": {
      say: "Somebody else has used the key: give the release up, then look at it again.",
      command: abandon,
    },
    adopt: { say: "Somebody else has used the key since: take its nonces over.", command: adopt },
    node: { say: "The node is behind: look again with one that is in sync.", command: null },
  };
  return steps[advice];
}

function named(deployment: Deployment | undefined): Record<string, string> {
  if (!deployment) return { release: "OWNER/NAME,ENVIRONMENT,RELEASE" };
  const { repository, environment, release } = deployment;
  return { release: [repository, environment, release].join(",") };
}

function reach({ state, region }: Place, signer: string): Record<string, string> {
  return { state, ...(region ? { region } : {}), key: `KEY_OF_${signer}`, mode: "apply" };
}

/** One option a line, so that it fits into a terminal and can be copied. */
function command(verb: string, options: Record<string, string>): string {
  const words = Object.entries(options).map(([name, value]) => `--${name} ${quoted(value)}`);
  return [`pnpm playbook ledger ${verb}`, ...words].join(" \\\n    ");
}

function quoted(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
