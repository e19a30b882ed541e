import type { Clock, Context } from "@playbook/action";
import {
  byDefaultCredentials,
  byToken,
  defaultCredentials,
  type Exchange,
  type Identity,
  policyText,
} from "./exchange.ts";
import { isExpired } from "./failure.ts";
import type { Environment } from "./token.ts";

/** Access to AWS that renews itself for as long as it is used. */
export type Session = {
  readonly region: string;
  readonly credentials: () => Promise<Identity>;
  /**
   * Forgets these credentials: for when the service says that they have ended before their time.
   */
  renew(ended: Identity): void;
};

export type SessionInputs = {
  /** ARN. Without it, what the AWS default credentials may do. */
  role?: string | undefined;
  region: string;
  /** The policy that narrows the role's session to what this run needs. */
  policy: unknown;
  /** Appears in CloudTrail as the session's name. */
  name: string;
  context: Context;
};

/**
 * Opens a session of a role inside this process: nothing is written to the job's environment or to
 * disk. In a job the OIDC token is exchanged, a fresh one for each try; elsewhere the AWS default
 * credentials assume the role. Either way the session is narrowed by the policy. Without a role the
 * default credentials are used with all their rights: AWS narrows only what it opens.
 *
 * Throws `no-id-token`, `no-credentials`, `role-refused`, `policy-too-long`, `aws-unreachable`.
 */
export async function openSession(
  { role, region, policy, name, context }: SessionInputs,
  env: Environment = process.env,
): Promise<Session> {
  if (!role) return { region, ...remember(defaultCredentials(region), context.clock) };

  const inputs: Exchange = { role, region, policy: policyText(policy), name, context };
  const inJob = env.GITHUB_ACTIONS === "true";
  const exchange = () => (inJob ? byToken(inputs, env) : byDefaultCredentials(inputs));
  const identity = remember(exchange, context.clock);
  await identity.credentials();
  return { region, ...identity };
}

/** Renewed this long before they end, so that no request is under way with dead credentials. */
const MARGIN_MS = 5 * 60_000;

/** Kept at least this long: a machine whose clock goes wrong must not ask for each request. */
const SHORTEST_USE_MS = 60_000;

/**
 * One exchange at a time, and a new one only when the last one's credentials are about to end;
 * until they have, a renewal that fails does no harm. The SDK is told that they have ended, so that
 * it asks here each time and never keeps old ones.
 */
function remember(exchange: () => Promise<Identity>, clock: Clock): Omit<Session, "region"> {
  let known: Identity | undefined;
  let renewing: Promise<Identity> | undefined;
  let due = 0;
  let end = 0;

  const renewed = async () => {
    const { expiration, ...keys } = await exchange();
    end = expiration?.getTime() ?? Number.POSITIVE_INFINITY;
    due = Math.max(end - MARGIN_MS, clock.now() + SHORTEST_USE_MS);
    known = { ...keys, expiration: new Date(0) };
    return known;
  };
  const goOnWithOld = (error: unknown) => {
    if (!known || clock.now() >= end) throw error;
    due = clock.now() + SHORTEST_USE_MS;
    return known;
  };
  return {
    credentials: async () => {
      if (known && clock.now() < due) return known;
      renewing ??= renewed()
        .catch(goOnWithOld)
        .finally(() => {
          renewing = undefined;
        });
      return renewing;
    },
    // Of many requests that failed with the same credentials only the first renews them.
    renew: (ended) => {
      if (known?.accessKeyId === ended.accessKeyId) known = undefined;
    },
  };
}

const RENEWALS = 3;

/** Does something with a session, and again when its credentials have ended in the middle. */
export async function withSession<Result>(
  session: Session,
  work: () => Promise<Result>,
): Promise<Result> {
  for (let renewals = 0; ; renewals += 1) {
    const used = await session.credentials();
    try {
      return await work();
    } catch (error) {
      if (!isExpired(error) || renewals >= RENEWALS) throw error;
      session.renew(used);
    }
  }
}
