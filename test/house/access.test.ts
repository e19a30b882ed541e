import { readFileSync } from "node:fs";
import { join } from "node:path";
import { grantsOf, sessionPolicy, systemsOf } from "@playbook/access";
import { parse } from "yaml";
import { readActions, readWorkflows } from "../../scripts/library.ts";
import { rolesTemplate } from "../../scripts/sync/roles.ts";
import { root } from "../../scripts/tools.ts";

/** AWS takes no longer inline session policy. */
const SESSION_POLICY_LIMIT = 2048;

/**
 * As long as names get in practice: a bucket's limit, a prefix of 100 characters, a GovCloud key.
 */
const LONGEST = {
  partition: "aws-us-gov",
  region: "us-gov-west-1",
  account: "111122223333",
  keyArn: `arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-${"a".repeat(32)}`,
  kmsKey: `arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-${"a".repeat(32)}`,
  cluster: "c".repeat(100),
  oldCluster: "c".repeat(100),
  bucket: "b".repeat(63),
  prefix: "p".repeat(100),
  keyValueStore: `arn:aws-us-gov:cloudfront::111122223333:key-value-store/${"a".repeat(36)}`,
  plainBucket: "b".repeat(63),
  plainDistribution: "E".repeat(14),
  production: "b".repeat(63),
  deploymentsBucket: "b".repeat(63),
  deploymentsPrefix: "p".repeat(100),
};

const actions = readActions();
const withAws = actions.filter(({ access }) => access.aws.length > 0);

test.each(withAws)("the session policy of $name fits with the longest names", ({ access }) => {
  const policy = JSON.stringify(sessionPolicy(access.aws, LONGEST));
  expect(policy.length).toBeLessThanOrEqual(SESSION_POLICY_LIMIT);
});

type Template = {
  Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
};

/** Any tree of a template; its short tags become their values. */
// biome-ignore lint/suspicious/noExplicitAny: CloudFormation's templates have no type here.
const read = (text: string): any => parse(text, { logLevel: "silent" });

const roles: Template = read(rolesTemplate(actions));

const policiesOf = (role: string) =>
  (roles.Resources[role]?.Properties.Policies ?? []) as { PolicyDocument: unknown }[];

const statementsOf = (document: unknown) =>
  (document as { Statement: unknown[] }).Statement.map(unconditional);

/** `!If [condition, statement, nothing]`, as it is where the condition holds. */
const unconditional = (statement: unknown): unknown =>
  Array.isArray(statement) ? unconditional(statement[1]) : statement;

test("a role may do what its system's access.yml files say, and nothing else", () => {
  const [policy] = policiesOf("ContractsRole");
  const said = withAws
    .filter(({ access }) => access.system === "contracts")
    .flatMap(({ access }) => access.aws.map(({ sid, actions }) => ({ Sid: sid, Action: actions })));
  expect(statementsOf(policy?.PolicyDocument)).toMatchObject(said);
  expect(statementsOf(policy?.PolicyDocument)).toHaveLength(said.length);
});

test("the boundary allows what the roles may do together", () => {
  const policies = Object.keys(roles.Resources).flatMap(policiesOf);
  const boundary = roles.Resources.StandardBoundary?.Properties.PolicyDocument;
  expect(statementsOf(boundary)).toEqual(
    policies.flatMap(({ PolicyDocument }) => statementsOf(PolicyDocument)),
  );
});

const roleNames = Object.keys(roles.Resources).filter((name) => name.endsWith("Role"));

test("no two statements of a policy have one name, which IAM refuses", () => {
  const boundary = roles.Resources.StandardBoundary?.Properties.PolicyDocument;
  const names = statementsOf(boundary).map((statement) => (statement as { Sid: string }).Sid);
  expect(names).toEqual([...new Set(names)]);
});

test.each(roleNames)("%s allows nothing by wildcard, neither actions nor all resources", (name) => {
  const text = JSON.stringify(roles.Resources[name]);
  const actionsNamed = [...text.matchAll(/"Action":(\[[^\]]*\]|"[^"]*")/g)].map(([found]) => found);
  expect(actionsNamed.filter((found) => found.includes("*"))).toEqual([]);
  expect(text).not.toContain('"Resource":["*"]');
});

test("a role trusts by audience, subject in both forms, repository, environment and workflow", () => {
  const trust = statementsOf(roles.Resources.ContractsRole?.Properties.AssumeRolePolicyDocument);
  const issuer = "token.actions.githubusercontent.com";
  expect(trust).toEqual([
    expect.objectContaining({
      Action: "sts:AssumeRoleWithWebIdentity",
      Condition: {
        StringEquals: {
          [`${issuer}:aud`]: "sts.amazonaws.com",
          [`${issuer}:sub`]: [
            "repo:${Owner}/${Repository}:environment:${Environment}",
            "repo:${Owner}@${OwnerId}/${Repository}@${RepositoryId}:environment:${Environment}",
          ],
          [`${issuer}:repository_id`]: "RepositoryId",
          [`${issuer}:environment`]: "Environment",
          [`${issuer}:job_workflow_ref`]: "TrustedWorkflows",
        },
      },
    }),
  ]);
});

test("a permission that is taken out of access.yml is gone from the role", () => {
  const poorer = actions.map((action) => ({
    ...action,
    access: {
      ...action.access,
      aws: action.access.aws.filter(({ actions }) => !actions.includes("kms:GetPublicKey")),
    },
  }));
  expect(rolesTemplate(actions)).toContain("kms:GetPublicKey");
  expect(rolesTemplate(poorer)).not.toContain("kms:GetPublicKey");
});

describe("the state template", () => {
  const path = "actions/foundry-broadcast-with-kms/template.yml";
  const state: Template = read(readFileSync(join(root, path), "utf8"));
  const said = actions.find(({ name }) => name === "foundry-broadcast-with-kms")?.access.aws ?? [];

  const policy = (resource: string, property: string) =>
    statementsOf(state.Resources[resource]?.Properties[property]) as {
      Sid: string;
      Effect: string;
      Action: string | string[];
      Condition?: Record<string, Record<string, unknown>>;
    }[];

  test("the key signs on the very conditions of access.yml", () => {
    const signing = policy("Key", "KeyPolicy").filter(({ Action }) => Action.includes("kms:Sign"));
    const conditions = said.find(({ sid }) => sid === "SignTransactions")?.conditions.StringEquals;
    expect(signing).toHaveLength(1);
    for (const [key, [value]] of Object.entries(conditions ?? {})) {
      expect(signing[0]?.Condition?.StringEquals?.[key]).toBe(value);
    }
  });

  test("the bucket denies to everybody what access.yml does not ask for: changing and deleting", () => {
    const denied = policy("StatePolicy", "PolicyDocument").map(({ Sid, Effect, Action }) => {
      return { Sid, Effect, Action };
    });
    expect(denied).toEqual([
      { Sid: "CreateOnly", Effect: "Deny", Action: "s3:PutObject" },
      {
        Sid: "KeepForever",
        Effect: "Deny",
        Action: ["s3:DeleteObject", "s3:DeleteObjectVersion"],
      },
      { Sid: "EncryptedTransportOnly", Effect: "Deny", Action: "s3:*" },
    ]);
  });
});

/** The systems whose plans have a role of their own, which nobody approves before it is used. */
const planned = readWorkflows().flatMap(({ name: workflow, file }) =>
  Object.values(file.jobs)
    .flatMap(({ steps = [] }) => steps)
    .filter((step) =>
      Object.values(step.with).some((value) => /inputs\.[a-z-]*plan-role/.test(`${value}`)),
    )
    .flatMap(({ uses = "" }) => actions.filter(({ name }) => uses === `$/actions/${name}`))
    .map(({ access: { system = "" } }) => ({ workflow, system })),
);

test("some workflows have a role that plans", () => {
  expect(planned.map(({ system }) => system)).toContain("axon");
});

/** A tunnel to a node's RPC is made; what else is not read is a change. */
const READING = /^(get|list) |^create pods\/portforward$/;

test.each(planned)("the role that plans for $workflow changes nothing in a cluster", (one) => {
  const rules = actions
    .filter(({ access }) => access.system === one.system)
    .flatMap(({ access }) => access.kubernetes);
  const toPlan = systemsOf(one.system, rules).get(`${one.system}-plan`) ?? rules;
  expect(grantsOf(toPlan).filter((grant) => !READING.test(grant))).toEqual([]);
});
