import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { type Context, parseInputs, variable } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import {
  type GithubJob,
  githubClaims,
  type Process,
  startProcess,
  startWorld,
} from "@playbook/world";
import { schema } from "../src/inputs.ts";
import { KINDS } from "../src/kind.ts";
import { run } from "../src/run.ts";

const roles = new URL("../../../templates/roles.yml", import.meta.url);
const source = fileURLToPath(new URL("../src/index.ts", import.meta.url));

const WORKFLOW = "khalani/playbook/.github/workflows/create-axon-keys.yml@refs/tags/v1.0.0";

const job: GithubJob = {
  repository: "acme/chain",
  repositoryId: "1001",
  ownerId: "42",
  ref: "refs/heads/main",
  sha: "0".repeat(40),
  event: "workflow_dispatch",
  actor: "ada",
  workflow: "keys",
  jobWorkflowRef: WORKFLOW,
  environment: "production",
};

/** Inputs by their names in action.yml; undefined takes one away. */
export type Given = Record<string, string | undefined>;

const parse = parseInputs(schema);

const POD = {
  Version: "2012-10-17",
  Statement: {
    Effect: "Allow",
    Principal: { Service: "pods.eks.amazonaws.com" },
    Action: "sts:AssumeRole",
  },
};

const DECRYPT = {
  Version: "2012-10-17",
  Statement: { Effect: "Allow", Action: "kms:Decrypt", Resource: "*" },
};

/** The roles of validators, each with a right to the KMS key and none to any secret. */
function rolesOfValidators(chain: string, names: string[]) {
  const resources = names.map((name) => [
    `Role${name}`,
    {
      Type: "AWS::IAM::Role",
      Properties: {
        RoleName: `${chain}-${name}`,
        AssumeRolePolicyDocument: POD,
        Policies: [{ PolicyName: "decrypt", PolicyDocument: DECRYPT }],
      },
    },
  ]);
  return JSON.stringify({
    AWSTemplateFormatVersion: "2010-09-09",
    Resources: Object.fromEntries(resources),
  });
}

/** An AWS account, and chains in it whose validators have roles and want keys. */
export async function openStudio() {
  const world = await startWorld({ aws: {} });
  const { aws, issuer } = world;
  const { url, token } = issuer.grant(githubClaims(job));
  Object.assign(process.env, {
    GITHUB_ACTIONS: "true",
    AWS_ENDPOINT_URL: aws.url,
    ACTIONS_ID_TOKEN_REQUEST_URL: url,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: token,
  });
  const kms = await aws.createKey({ spec: "SYMMETRIC_DEFAULT", usage: "ENCRYPT_DECRYPT" });
  const client = new SecretsManagerClient(aws.clientConfig());
  let provider: string | undefined;
  let chains = 0;

  /** A chain of its own: a prefix, a role that makes keys below it, and validators' roles. */
  const chain = async (names = ["a", "b", "c", "d", "e"]) => {
    chains += 1;
    const name = `chain-${chains}`;
    await aws.deployTemplate(rolesOfValidators(name, names), {}, `${name}-validators`);
    const { outputs, resources } = await aws.deployTemplate(
      await readFile(roles, "utf8"),
      {
        ...{ Owner: "acme", OwnerId: "42", Repository: "chain", RepositoryId: "1001" },
        ...{ Environment: "production", TrustedWorkflows: WORKFLOW, Name: name },
        ...{ KeysPrefix: name, KeysKmsKey: kms.arn },
        ...(provider && { OidcProvider: provider }),
      },
      name,
    );
    provider ??= resources.Provider?.id;
    const role = outputs.KeysRole ?? "";
    const roleOf = (validator: string) => `arn:aws:iam::${aws.accountId}:role/${name}-${validator}`;

    const given = (over: Given = {}): Given => ({
      mode: "apply",
      validators: names.map((one) => `${one}=${roleOf(one)}`).join("\n"),
      prefix: name,
      "kms-key": kms.arn,
      role,
      region: aws.region,
      ...over,
    });
    const step = async (over: Given = {}, context: Partial<Context> = {}) => {
      const made = contextForTests(context);
      return { ...(await run(parse(variables(given(over))), made)), context: made };
    };
    const secretOf = (validator: string, kind: string) => `${name}/${validator}/${kind}`;

    /** What is stored, as only the world's own hand sees it. */
    const stored = async (validator: string, kind: string): Promise<Uint8Array> => {
      const command = new GetSecretValueCommand({ SecretId: secretOf(validator, kind) });
      return (await client.send(command)).SecretBinary ?? new Uint8Array();
    };
    const all = () => Promise.all(names.flatMap((one) => KINDS.map((kind) => stored(one, kind))));
    return { name, names, role, roleOf, given, step, secretOf, stored, all };
  };

  /** The action in a process of its own, as GitHub's runner starts it. */
  const launch = (given: Given, files: Record<string, string> = {}): Promise<Process> => {
    const { PATH = "", HOME = "" } = process.env;
    const pairs = Object.entries(variables(given)).map(([name, value]) => `${name}=${value}`);
    return startProcess({
      name: "create-axon-keys",
      command: "env",
      args: [...pairs, process.execPath, "--disable-warning=ExperimentalWarning", source],
      cwd: world.dir,
      env: {
        ...{ PATH, HOME, NODE_COMPILE_CACHE: join(world.dir, "compiled") },
        ...{ GITHUB_ACTIONS: "true", AWS_ENDPOINT_URL: aws.url },
        ...{ ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token },
        ...files,
      },
    });
  };

  return { world, aws, kms, client, chain, launch };
}

export type Studio = Awaited<ReturnType<typeof openStudio>>;
export type TestChain = Awaited<ReturnType<Studio["chain"]>>;

function variables(given: Given): Record<string, string> {
  const entries = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [[variable(name), value]],
  );
  return Object.fromEntries(entries);
}
