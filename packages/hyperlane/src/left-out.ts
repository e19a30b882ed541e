const PAIR =
  "is half of a pair on two chains, the other of which has to name it before anybody else does. " +
  "Deploy both with the official CLI, and write this one's address here.";

const WARP =
  "serves one token's route, and the official CLI refuses it in a core config. Take it out.";

const ELSEWHERE =
  "is deployed by Hyperlane's CLI for no chain; it can only be there already. Write its address.";

/** What can only be there already, and is taken by its address: why, and what to do. */
export const STANDING_ISMS: Readonly<Record<string, string>> = {
  opStackIsm: PAIR,
  arbL2ToL1Ism: PAIR,
  ccipIsm: ELSEWHERE,
  offchainLookupIsm: ELSEWHERE,
  interchainAccountRouting: ELSEWHERE,
  custom: ELSEWHERE,
  unknownIsm: ELSEWHERE,
};

/** What the official CLI knows, and is not deployed here: why, and what to do. */
export const ISMS_LEFT_OUT: Readonly<Record<string, string>> = {
  ...STANDING_ISMS,
  compositeIsm: "is for chains of another kind, and not for the EVM. Take it out.",
  defaultIsm:
    "is what a mailbox asks, which would ask itself for ever. Write a module in its place.",
  rateLimitedIsm: WARP,
  netFlowRateLimitedHookIsm: WARP,
  delayedFlowRouterHookIsm: WARP,
};

export const STANDING_HOOKS: Readonly<Record<string, string>> = {
  opStackHook: PAIR,
  arbL2ToL1Hook: PAIR,
  ccipHook: ELSEWHERE,
  cctpHook: ELSEWHERE,
  predicateHook: ELSEWHERE,
  custom: ELSEWHERE,
  unknownHook: ELSEWHERE,
};

export const HOOKS_LEFT_OUT: Readonly<Record<string, string>> = {
  ...STANDING_HOOKS,
  rateLimitedHook: WARP,
  netFlowRateLimitedHookIsm: WARP,
  delayedFlowRouterHookIsm: WARP,
};

/** What is said of a part whose type is none of those that are deployed. */
export function saidOf(leftOut: Readonly<Record<string, string>>) {
  return ({ input }: { input?: unknown }): string | undefined => {
    if (typeof input !== "object" || input === null || Array.isArray(input)) return undefined;
    const { type } = input as { type?: unknown };
    if (typeof type !== "string") return "is missing, or no name of a type.";
    return (
      `is of type ${type}, which ` +
      `${leftOut[type] ?? "is not known in the CLI's version 44.0.2."}`
    );
  };
}
