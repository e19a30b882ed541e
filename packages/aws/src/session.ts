import * as core from "@actions/core";
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  type Credentials,
  STSClient,
} from "@aws-sdk/client-sts";
import { fromNodeProviderChain } from "@aws-sdk/credential-providers";
import { ActionError, type Context } from "@playbook/action";
import { claimsOf, refused } from "./claims.ts";
import { clientSettings } from "./client.ts";
import { codeOf, isExpired } from "./failure.ts";
import { retry } from "./retry.ts";

/** Credentials as the SDK's clients take them, with their end. */
type Identity = {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
};

/** Access to AWS that renews itself for as long as it is used. */
export type Session = {
  readonly region: string;
  readonly credentials: () => Promise<Identity>;
  /** Forgets the credentials: for when the service says that they have ended before their time. */
  renew(): void;
};

export type SessionInputs = {
  /** ARN. Without it, what the AWS default credentials may do. */
  role?: string | undefined;
  region: string;
  /** The policy that narrows the session to what this run needs. */
  policy: unknown;
  /** Appears in CloudTrail as the session's name. */
  name: string;
  context: Context;
};

/** AWS refuses longer inline session policies. */
const POLICY_LIMIT = 2_048;
const DURATION_SECONDS = 3_600;
const AUDIENCE = "sts.amazonaws.com";

/** GitHub's token endpoint has been away for most of a minute; longer is an outage. */
const PATIENCE_MS = 90_000;

type Environment = Record<string, string | undefined>;

/**
 * Opens a session of a role inside this process: nothing is written to the job's environment or to
 * disk. In a job the OIDC token is exchanged, a fresh one for each try; elsewhere the AWS default
 * credentials take its place. Throws `no-id-token`, `role-refused`, `policy-too-long`.
 */
export async function openSession(
  inputs: SessionInputs,
  env: Environment = process.env,
): Promise<Session> {
  const { region, role } = inputs;
  const policy = policyText(inputs.policy);
  const inJob = env.GITHUB_ACTIONS === "true";
  if (!role) return { region, ...remember(fromNodeProviderChain()) };

  if (inJob && !env.ACTIONS_ID_TOKEN_REQUEST_URL) throw noToken();
  const exchange = inJob ? byToken : byDefaultCredentials;
  const identity = remember(() => exchange({ ...inputs, role }, policy));
  await identity.credentials();
  return { region, ...identity };
}

function policyText(policy: unknown): string {
  const text = JSON.stringify(policy);
  if (text.length <= POLICY_LIMIT) return text;
  throw new ActionError("policy-too-long", {
    what: `The session policy has ${text.length} characters.`,
    why: `AWS takes ${POLICY_LIMIT}; the names of bucket, prefix and key are in it several times.`,
    next: "Use a shorter state prefix.",
  });
}

type Exchange = SessionInputs & { role: string };

async function byToken(inputs: Exchange, policy: string): Promise<Identity> {
  const { role, region, name, context } = inputs;
  const sts = new STSClient({
    ...clientSettings({ service: "sts", region, maxAttempts: 1 }),
    // The exchange is not signed: the token is all that it needs.
    credentials: { accessKeyId: "", secretAccessKey: "" },
  });
  let token = "";
  try {
    return await retry(async () => {
      token = await core.getIDToken(AUDIENCE);
      context.mask(token);
      const command = new AssumeRoleWithWebIdentityCommand({
        RoleArn: role,
        RoleSessionName: name,
        WebIdentityToken: token,
        Policy: policy,
        DurationSeconds: DURATION_SECONDS,
      });
      return identityOf((await sts.send(command)).Credentials, context);
    }, patience(context));
  } catch (error) {
    throw token === "" ? noAnswer(error) : refused(role, claimsOf(token), error);
  }
}

async function byDefaultCredentials(inputs: Exchange, policy: string): Promise<Identity> {
  const { role, region, name, context } = inputs;
  const settings = clientSettings({ service: "sts", region, maxAttempts: 1 });
  const sts = new STSClient({ ...settings, credentials: fromNodeProviderChain() });
  const command = new AssumeRoleCommand({ RoleArn: role, RoleSessionName: name, Policy: policy });
  try {
    return await retry(
      async () => identityOf((await sts.send(command)).Credentials, context),
      patience(context),
    );
  } catch (error) {
    if (codeOf(error) === "CredentialsProviderError") throw noCredentials(error);
    throw refused(role, undefined, error);
  }
}

function patience({ clock, signal }: Context) {
  return { deadlineMs: PATIENCE_MS, clock, signal };
}

function identityOf(credentials: Credentials | undefined, context: Context): Identity {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken) {
    throw new Error("STS answered without credentials.");
  }
  context.mask(SecretAccessKey);
  context.mask(SessionToken);
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    ...(Expiration && { expiration: Expiration }),
  };
}

/** Renewed this long before they end, so that no request is under way with dead credentials. */
const MARGIN_MS = 5 * 60_000;

/**
 * One exchange at a time, and a new one only when the last one's credentials are about to end. The
 * SDK is told that they have ended, so that it asks here each time and never keeps old ones.
 */
function remember(exchange: () => Promise<Identity>): Omit<Session, "region"> {
  let current: Promise<Identity> | undefined;
  let end = 0;

  const exchangeAgain = async () => {
    const identity = await exchange();
    end = (identity.expiration?.getTime() ?? Number.POSITIVE_INFINITY) - MARGIN_MS;
    return { ...identity, expiration: new Date(0) };
  };
  return {
    credentials: () => {
      if (current && Date.now() < end) return current;
      end = Number.POSITIVE_INFINITY;
      current = exchangeAgain().catch((error) => {
        current = undefined;
        throw error;
      });
      return current;
    },
    renew: () => {
      current = undefined;
    },
  };
}

/** Does something with a session, and once more when its credentials have ended in the middle. */
export async function withSession<Result>(
  session: Session,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isExpired(error)) throw error;
    session.renew();
    return work();
  }
}

function noToken(): ActionError {
  return new ActionError("no-id-token", {
    what: "This job cannot ask for an OIDC token.",
    why: "GitHub gives it only to jobs with the permission `id-token: write`; forks never get it.",
    next: "Give the calling job `permissions: { id-token: write }`.",
  });
}

function noAnswer(error: unknown): ActionError {
  const next = "Run this again; nothing was signed or sent that is not stored.";
  const why = error instanceof Error ? error.message : String(error);
  const what = "GitHub gave no OIDC token.";
  return new ActionError("no-id-token", { what, why, next }, { cause: error });
}

function noCredentials(error: unknown): ActionError {
  return new ActionError(
    "no-credentials",
    {
      what: "There are no AWS credentials.",
      why: error instanceof Error ? error.message : String(error),
      next: "Sign in (`aws sso login`, a profile, or AWS_* variables) and run this again.",
    },
    { cause: error },
  );
}
