import { type Aws, type Credentials, startAws, temporaryFolder } from "@playbook/world";
import { userOf } from "../../src/eks/eks.ts";
import { askWho, readToken, TokenRefused } from "../../src/eks/token.ts";
import type { User } from "../../src/kube/tokens.ts";
import { startAuthenticator } from "./authenticator.ts";
import { signToken } from "./tokens.ts";

const NAME = "khalani";
const role = (name: string) => `
    Type: AWS::IAM::Role
    Properties:
      RoleName: ${name}
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: { Effect: Deny, Action: "*", Principal: "*" }`;
const ROLES = `
Resources:
  Deployer: ${role("deployer")}
  Stranger: ${role("stranger")}
`;

/** Who judges tokens: the world, and in the full run what EKS itself judges them with. */
const judges = process.env.PLAYBOOK_FULL ? ["the world", "aws-iam-authenticator"] : ["the world"];

const entries = [
  {
    principal: "arn:aws:iam::123456789012:role/deployer",
    groups: ["deployers"],
    username: "ci:{{SessionName}}",
  },
];
const cleanup = new AsyncDisposableStack();
let aws: Aws;
let deployer: Credentials;
let stranger: Credentials;
let judge: Record<string, (token: string) => Promise<User | undefined>>;
let made: (() => Promise<string>)[];

beforeAll(async () => {
  aws = cleanup.use(await startAws());
  await aws.deployTemplate(ROLES);
  const sessionOf = (role: string) => aws.openSession(role, { name: "run-7" });
  deployer = sessionOf("arn:aws:iam::123456789012:role/deployer");
  stranger = sessionOf("arn:aws:iam::123456789012:role/stranger");
  judge = { "the world": judgedByUs };
  made = [() => signToken(deployer, { cluster: NAME })];
  if (!process.env.PLAYBOOK_FULL) return;

  const { path: dir } = cleanup.use(await temporaryFolder("authenticator"));
  const real = await startAuthenticator({ dir, stsUrl: aws.url, cluster: NAME, entries });
  cleanup.use(real);
  judge["aws-iam-authenticator"] = real.userOf;
  made.push(() => real.makeToken(NAME, keysOf(deployer)));
}, 1_200_000);
afterAll(() => cleanup.disposeAsync());

async function judgedByUs(token: string): Promise<User | undefined> {
  try {
    return userOf(await askWho(readToken(token, Date.now()), NAME, aws.url), entries);
  } catch (error) {
    if (error instanceof TokenRefused) return undefined;
    throw error;
  }
}

function keysOf({ accessKeyId, secretAccessKey, sessionToken = "" }: Credentials) {
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
}

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

describe.each(judges)("as %s judges it", (name) => {
  test("a role with an entry is who the entry says, whoever made its token", async () => {
    for (const make of made) {
      expect(await judge[name]?.(await make())).toEqual({
        name: "ci:run-7",
        groups: ["deployers"],
      });
    }
  });

  test("a token of ten minutes ago is good", async () => {
    const token = await signToken(deployer, { cluster: NAME, at: minutesAgo(10) });

    expect(await judge[name]?.(token)).toBeDefined();
  });

  test.each<[string, () => Promise<string>]>([
    ["a role without an entry", () => signToken(stranger, { cluster: NAME })],
    ["another cluster's token", () => signToken(deployer, { cluster: "another" })],
    ["an old token", () => signToken(deployer, { cluster: NAME, at: minutesAgo(16) })],
    [
      "a forged token",
      () => signToken({ ...deployer, secretAccessKey: "guessed" }, { cluster: NAME }),
    ],
    ["a token with a tail", async () => `${await signToken(deployer, { cluster: NAME })}==`],
  ])("%s is refused", async (_, make) => {
    expect(await judge[name]?.(await make())).toBeUndefined();
  });
});
