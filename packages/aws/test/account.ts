import { readFile } from "node:fs/promises";
import { inspect } from "node:util";
import { type Clock, explain } from "@playbook/action";
import { contextForTests, type TestContext } from "@playbook/action/testing";
import { type GithubJob, githubClaims, RELEASE_JOB, startWorld } from "@playbook/world";
import { openSession, type Session, type SessionInputs } from "../src/index.ts";

const template = new URL("./account.yml", import.meta.url);

export const job: GithubJob = {
  ...RELEASE_JOB,
  repository: "acme/counter",
  environment: "production",
};

/** What looks like a token, an access key, or a session's token. */
const SECRETS = /eyJ[\w-]{8,}|A[SK]IA[A-Z2-7]{16}|IQoJb3JpZ2lu/;

/** A context that remembers what it was told to hide. */
export type Witness = TestContext & { masked: string[] };

export function witness(clock?: Clock): Witness {
  const masked: string[] = [];
  const over = { mask: (secret: string) => void masked.push(secret), ...(clock && { clock }) };
  return { ...contextForTests(over), masked };
}

/** A clock whose time goes by in sleep, and in no other way. */
export function dreaming(): Clock & { pass(ms: number): void } {
  let time = Date.now();
  const pass = (ms: number) => {
    time += ms;
  };
  return { now: () => time, sleep: async (ms) => pass(ms), pass };
}

/** Asserts that neither what was said nor what was thrown shows anything that opens a door. */
export function expectNoSecrets({ said, warnings, masked }: Witness, ...thrown: unknown[]): void {
  const shown = thrown.flatMap((error) => [explain(error), inspect(error, { depth: 8 })]);
  const text = [...said, ...warnings, ...shown].join("\n");
  expect(text).not.toMatch(SECRETS);
  for (const secret of masked) expect(text).not.toContain(secret);
}

/** Whatever a piece of work throws; its success is an error. */
export async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  if (!outcome) throw new Error("It was to fail and did not.");
  return outcome.error;
}

const allow = (Action: string[], Resource: string) => ({ Effect: "Allow", Action, Resource });

/** An AWS account with a role, a key and a bucket, and a job of GitHub that may take the role. */
export async function openAccount() {
  const world = await startWorld({ aws: {} });
  const { aws, issuer } = world;
  const { outputs } = await aws.deployTemplate(await readFile(template, "utf8"));
  const { Role: role = "", Key: key = "" } = outputs;
  Object.assign(process.env, { AWS_ENDPOINT_URL: aws.url, AWS_EC2_METADATA_DISABLED: "true" });

  /** The environment of a job, as far as tokens are concerned. */
  const jobAs = (over: Partial<GithubJob> = {}) => {
    const { url, token, end } = issuer.grant(githubClaims({ ...job, ...over }));
    const env = {
      GITHUB_ACTIONS: "true",
      ACTIONS_ID_TOKEN_REQUEST_URL: url,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: token,
    };
    return { env, end };
  };
  const policy = {
    Version: "2012-10-17",
    Statement: [
      allow(["kms:Sign", "kms:GetPublicKey"], "*"),
      allow(["s3:GetObject", "s3:PutObject", "s3:ListBucket"], "*"),
    ],
  };
  const inputs = (context: Witness, over: Partial<SessionInputs> = {}): SessionInputs => {
    return { role, region: aws.region, policy, name: "test", context, ...over };
  };
  const session = (context: Witness, over: Partial<SessionInputs> = {}): Promise<Session> =>
    openSession(inputs(context, over), jobAs().env);

  /** How often a service was asked for an operation. */
  const count = (operation: string) =>
    aws.calls().filter((call) => call.operation === operation).length;

  return { world, aws, issuer, role, key, policy, jobAs, inputs, session, count };
}

export type Account = Awaited<ReturnType<typeof openAccount>>;
