import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  type Credentials,
  STSClient,
} from "@aws-sdk/client-sts";
import { fromNodeProviderChain } from "@aws-sdk/credential-providers";
import { ActionError, type Context, reason } from "@playbook/action";
import { claimsOf, refused } from "./claims.ts";
import { clientSettings } from "./client.ts";
import { codeOf, explain, isDenied, isPassing, isStranger, noCredentials } from "./failure.ts";
import { retry } from "./retry.ts";
import { type Environment, noToken, requestToken } from "./token.ts";

/** Credentials as the SDK's clients take them, with their end. */
export type Identity = {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
};

export type Exchange = {
  /** ARN. */
  role: string;
  region: string;
  /** Inline session policy, as text. */
  policy: string;
  /** Appears in CloudTrail as the session's name. */
  name: string;
  context: Context;
};

const DURATION_SECONDS = 3_600;
const AUDIENCE = "sts.amazonaws.com";

/** GitHub's token endpoint has been away for most of a minute; longer is an outage. */
const PATIENCE_MS = 90_000;

/** Exchanges the job's OIDC token for a session of the role: a fresh token for each try. */
export async function byToken(inputs: Exchange, env: Environment): Promise<Identity> {
  const { role, region, policy, name, context } = inputs;
  const sts = new STSClient({
    ...clientSettings({ service: "sts", region, maxAttempts: 1 }),
    // The exchange is not signed: the token is all that it needs.
    credentials: { accessKeyId: "", secretAccessKey: "" },
  });
  let token: string | undefined;
  try {
    return await retry(async () => {
      token = undefined;
      token = await requestToken(AUDIENCE, env, context.signal);
      context.mask(token);
      const command = new AssumeRoleWithWebIdentityCommand({
        RoleArn: role,
        RoleSessionName: name,
        WebIdentityToken: token,
        Policy: policy,
        DurationSeconds: DURATION_SECONDS,
      });
      const answer = await sts.send(command, { abortSignal: context.signal });
      return identityOf(answer.Credentials, context);
    }, patience(context));
  } catch (error) {
    if (token === undefined) throw noToken(error);
    throw explainExchange(error, inputs, "sts:AssumeRoleWithWebIdentity", token);
  }
}

/** Opens a session of the role with the AWS default credentials. */
export async function byDefaultCredentials(inputs: Exchange): Promise<Identity> {
  const { role, region, policy, name, context } = inputs;
  const settings = clientSettings({ service: "sts", region, maxAttempts: 1 });
  const sts = new STSClient({ ...settings, credentials: defaultCredentials(region) });
  const command = new AssumeRoleCommand({ RoleArn: role, RoleSessionName: name, Policy: policy });
  try {
    return await retry(async () => {
      const answer = await sts.send(command, { abortSignal: context.signal });
      return identityOf(answer.Credentials, context);
    }, patience(context));
  } catch (error) {
    throw explainExchange(error, inputs, "sts:AssumeRole");
  }
}

/**
 * What the SDK finds in variables, profiles, SSO and the machine's own identity, over our agents.
 */
export function defaultCredentials(region: string): () => Promise<Identity> {
  const clientConfig = clientSettings({ service: "sts", region, maxAttempts: 3 });
  return fromNodeProviderChain({ clientConfig });
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

/** With a token, whatever STS has against the caller is told with the claims that it saw. */
function explainExchange(
  error: unknown,
  { role }: Exchange,
  permission: string,
  token?: string,
): unknown {
  if (error instanceof ActionError) return error;
  if (codeOf(error).startsWith("PackedPolicyTooLarge")) return policyTooLong(reason(error));
  if (token === undefined && isStranger(error)) return noCredentials(error);
  const isJudged = isDenied(error) || /Token|Claim|Identity/.test(codeOf(error));
  if (isJudged && !isPassing(error)) {
    return refused(role, token === undefined ? undefined : claimsOf(token), error);
  }
  return explain(error, permission, role);
}

/** Throws `policy-too-long` before AWS does, which refuses more than 2,048 characters. */
export function policyText(policy: unknown): string {
  const text = JSON.stringify(policy);
  if (text.length <= POLICY_LIMIT) return text;
  throw policyTooLong(`It has ${text.length} characters; AWS takes ${POLICY_LIMIT}.`);
}

const POLICY_LIMIT = 2_048;

function policyTooLong(why: string): ActionError {
  return new ActionError("policy-too-long", {
    what: "The session policy is too long for AWS.",
    why: `${why} The names of bucket, prefix and key are in it several times.`,
    next: "Use a shorter state prefix.",
  });
}
