import { Account } from "../../src/aws/account.ts";
import type { Hands } from "../../src/aws/template/resources.ts";
import { deployStack, type Stack } from "../../src/aws/template/stack.ts";

const TRUST = `
        Version: "2012-10-17"
        Statement:
          Effect: Allow
          Principal: { Federated: !Ref Provider }
          Action: sts:AssumeRoleWithWebIdentity
          Condition:
            StringEquals: { "token.actions.githubusercontent.com:job_workflow_ref": !Ref Trusted }`;

const TEMPLATE = `
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Environment: { Type: String, AllowedPattern: "[a-z]+" }
  Trusted: { Type: CommaDelimitedList, Default: "acme/a/.github/workflows/x.yml@v1, acme/b" }
  Boundary: { Type: String, Default: "no", AllowedValues: ["yes", "no"] }
Conditions:
  HasBoundary: !Equals [!Ref Boundary, "yes"]
  HasNone: !Not [!Condition HasBoundary]
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub "contracts-\${Environment}"
      MaxSessionDuration: 7200
      PermissionsBoundary: !If [HasBoundary, !Ref Limit, !Ref "AWS::NoValue"]
      AssumeRolePolicyDocument:${TRUST}
      Policies:
        - PolicyName: sign
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              Effect: Allow
              Action: kms:Sign
              Resource: !Sub "arn:\${AWS::Partition}:kms:\${AWS::Region}:\${AWS::AccountId}:key/\${Key}"
  Provider:
    Type: AWS::IAM::OIDCProvider
    Properties:
      Url: https://token.actions.githubusercontent.com
      ClientIdList: [sts.amazonaws.com]
  Limit:
    Type: AWS::IAM::ManagedPolicy
    Condition: HasBoundary
    Properties:
      ManagedPolicyName: limit
      PolicyDocument:
        Version: "2012-10-17"
        Statement: { Effect: Allow, Action: "kms:*", Resource: "*" }
  Key:
    Type: AWS::KMS::Key
    DeletionPolicy: Retain
    Properties: { KeySpec: ECC_SECG_P256K1, KeyUsage: SIGN_VERIFY }
Outputs:
  RoleArn: { Value: !GetAtt Role.Arn }
  Joined: { Value: !Join ["|", !Ref Trusted] }
  Listed: { Value: !Sub ["\${first} of \${AWS::StackName}", { first: !Select [0, !Ref Trusted] }] }
  Literal: { Value: !Sub "\${!Environment}" }
  Unbounded: { Condition: HasNone, Value: "true" }
`;

test("a template's roles, provider and policies are made with every expression carried out", async () => {
  const { account, stack } = await deploy(TEMPLATE, { Environment: "production" });
  const role = account.roles.get("arn:aws:iam::123456789012:role/contracts-production");

  expect(role).toMatchObject({
    name: "contracts-production",
    maxSessionSeconds: 7200,
    boundary: undefined,
    trust: {
      Statement: {
        Principal: {
          Federated: "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
        },
        Condition: {
          StringEquals: {
            "token.actions.githubusercontent.com:job_workflow_ref": [
              "acme/a/.github/workflows/x.yml@v1",
              "acme/b",
            ],
          },
        },
      },
    },
    inline: {
      sign: { Statement: { Resource: "arn:aws:kms:us-east-1:123456789012:key/key-1" } },
    },
  });
  expect(account.providers.get("token.actions.githubusercontent.com")?.clientIds).toEqual([
    "sts.amazonaws.com",
  ]);
  expect(stack.outputs).toEqual({
    RoleArn: role?.arn,
    Joined: "acme/a/.github/workflows/x.yml@v1|acme/b",
    Listed: "acme/a/.github/workflows/x.yml@v1 of stack",
    Literal: "${Environment}",
    Unbounded: "true",
  });
});

test("a condition decides over resources and properties", async () => {
  const { account, stack } = await deploy(TEMPLATE, { Environment: "test", Boundary: "yes" });

  expect([...account.roles.values()][0]?.boundary).toBe("arn:aws:iam::123456789012:policy/limit");
  expect(stack.outputs).not.toHaveProperty("Unbounded");
});

test("a second deployment changes the policies and keeps keys and ids", async () => {
  const first = await deploy(TEMPLATE, { Environment: "test" });
  const before = [...first.account.roles.values()][0];

  const again = { ...first, text: TEMPLATE.replace("kms:Sign", "kms:GetPublicKey") };
  const second = await deploy(again.text, { Environment: "test" }, again);

  const after = [...second.account.roles.values()][0];
  expect(after?.id).toBe(before?.id);
  expect(after?.inline.sign).toMatchObject({ Statement: { Action: "kms:GetPublicKey" } });
  expect(second.stack.resources.Key).toEqual(first.stack.resources.Key);
});

test("templates in JSON are read too", async () => {
  const text = JSON.stringify({
    Resources: { State: { Type: "AWS::S3::Bucket", Properties: { BucketName: "state" } } },
    Outputs: { Arn: { Value: { "Fn::GetAtt": ["State", "Arn"] } } },
  });

  expect((await deploy(text)).stack.outputs).toEqual({ Arn: "arn:aws:s3:::state" });
});

const bucket = (properties: string) =>
  `Resources: { State: { Type: AWS::S3::Bucket, Properties: ${properties} } }`;

test.each([
  ["a type", "Resources: { It: { Type: AWS::SQS::Queue } }", "AWS::SQS::Queue"],
  ["a property", bucket("{ Replication: 1 }"), "it has Replication"],
  ["a short tag", bucket("{ BucketName: !ImportValue x }"), "!ImportValue"],
  ["a function", bucket("{ BucketName: { Fn::FindInMap: [a, b, c] } }"), "Fn::FindInMap"],
  ["a section", "Transform: x\nResources: {}", "Transform"],
  ["a name", bucket("{ BucketName: !Ref Nobody }"), "Nobody"],
  ["an attribute", `${bucket("{}")}\nOutputs: { O: { Value: !GetAtt State.Size } }`, "State.Size"],
])("%s that this world does not know is an error, never skipped", async (_, text, named) => {
  await expect(deploy(text)).rejects.toThrow(named);
});

test.each([
  ["misspells an effect", "Effect: Allow, Action", "Effect: Maybe, Action", /Limit .*would refuse/],
  ["is not there", "!Ref Limit", "arn:aws:iam::123456789012:policy/none", /no managed policy/],
])("a managed policy that %s is refused", async (_, right, wrong, message) => {
  const deployed = deploy(TEMPLATE.replace(right, wrong), { Environment: "x", Boundary: "yes" });

  await expect(deployed).rejects.toThrow(message);
});

test.each([
  ["that is missing", {}, "Environment has no value"],
  ["that does not fit the pattern", { Environment: "Prod" }, "does not allow"],
  ["that is not one of the allowed", { Environment: "x", Boundary: "maybe" }, "does not allow"],
  ["that the template does not have", { Environment: "x", Enviroment: "x" }, "no parameter"],
])("a parameter %s is an error", async (_, parameters, message) => {
  await expect(deploy(TEMPLATE, parameters)).rejects.toThrow(message);
});

test("a trust policy over IAM's size is refused as IAM does", async () => {
  const Trusted = Array.from(
    { length: 40 },
    (_, at) => `acme/playbook/.github/workflows/release.yml@v${at}`,
  );

  const deployed = deploy(TEMPLATE, { Environment: "x", Trusted: Trusted.join(",") });

  await expect(deployed).rejects.toThrow(/Role .*trust policy: it has \d+ characters, 2048/);
});

test("a key policy that names a role which does not exist is refused as KMS does", async () => {
  const policy =
    '{ Version: "2012-10-17", Statement: { Effect: Allow, Principal: { AWS: ' +
    '"arn:aws:iam::123456789012:role/later" }, Action: kms:Sign, Resource: "*" } }';
  const text = `Resources: { Key: { Type: AWS::KMS::Key, Properties: { KeyPolicy: ${policy} } } }`;

  await expect(deploy(text)).rejects.toThrow("there is no arn:aws:iam::123456789012:role/later");
});

async function deploy(
  text: string,
  parameters: Record<string, string> = {},
  earlier?: { account: Account; stack: Stack },
) {
  const account = earlier?.account ?? new Account("123456789012", "us-east-1");
  const stack = await deployStack(text, parameters, {
    name: "stack",
    account,
    hands: hands(),
    previous: earlier?.stack,
  });
  return { account, stack };
}

/** Makes nothing: what the account decides does not depend on it. */
function hands(): Hands {
  let keys = 0;
  return {
    createBucket: async () => {},
    setBucketPolicy: async () => {},
    setKeyPolicy: async () => {},
    createAlias: async () => {},
    createKey: async () => {
      keys += 1;
      return { id: `key-${keys}`, arn: `arn:aws:kms:us-east-1:123456789012:key/key-${keys}` };
    },
  };
}
