import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { type Aws, type Credentials, startAws } from "@playbook/world";

const ROLE = (name: string, statement: string) => `
  ${name}:
    Type: AWS::IAM::Role
    Properties:
      RoleName: ${name}
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: { Effect: Deny, Action: "*", Principal: "*" }
      Policies:
        - PolicyName: own
          PolicyDocument: { Version: "2012-10-17", Statement: [${statement}] }`;
const on = (actions: string, resource: string) =>
  `{ Effect: Allow, Action: ${actions}, Resource: "${resource}" }`;
const SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret";

let aws: Aws;
let admin: SecretsManagerClient;
beforeAll(async () => {
  aws = await startAws();
  admin = clientOf(aws.admin);
});
afterAll(() => aws?.stop());

function clientOf(credentials: Credentials) {
  return new SecretsManagerClient({ ...aws.clientConfig(credentials), maxAttempts: 1 });
}

async function roleWith(name: string, ...statements: string[]): Promise<SecretsManagerClient> {
  await aws.deployTemplate(`Resources: ${ROLE(name, statements.join(", "))}`, {}, name);
  return clientOf(aws.openSession(`arn:aws:iam::123456789012:role/${name}`));
}

const create = (Name: string, more: object = {}) =>
  new CreateSecretCommand({ Name, SecretString: `value of ${Name}`, ...more });
const get = (SecretId: string) => new GetSecretValueCommand({ SecretId });

test("a secret is read by its name and its ARN, and is never made twice", async () => {
  const { ARN = "" } = await admin.send(create("once"));

  expect((await admin.send(get("once"))).SecretString).toBe("value of once");
  expect((await admin.send(get(ARN))).Name).toBe("once");
  await expect(admin.send(create("once"))).rejects.toMatchObject({
    name: "ResourceExistsException",
    message: "The operation failed because the secret once already exists.",
  });
});

test("a request whose reply was lost, made again, is no second one", async () => {
  aws.fault({ do: "lose reply", match: { operation: "CreateSecret" } });
  const patient = new SecretsManagerClient({ ...aws.clientConfig(), maxAttempts: 2 });

  const { VersionId } = await patient.send(create("again"));

  expect((await admin.send(get("again"))).VersionId).toBe(VersionId);
});

test("a new value leaves the one before it within reach", async () => {
  await admin.send(create("turned"));
  await admin.send(new PutSecretValueCommand({ SecretId: "turned", SecretString: "new" }));

  const before = new GetSecretValueCommand({ SecretId: "turned", VersionStage: "AWSPREVIOUS" });
  expect((await admin.send(get("turned"))).SecretString).toBe("new");
  expect((await admin.send(before)).SecretString).toBe("value of turned");
});

test("a secret that is to be deleted is not read, and its name stays taken", async () => {
  await admin.send(create("going"));
  await admin.send(new DeleteSecretCommand({ SecretId: "going" }));

  const { DeletedDate } = await admin.send(new DescribeSecretCommand({ SecretId: "going" }));
  expect(DeletedDate).toBeInstanceOf(Date);
  await expect(admin.send(get("going"))).rejects.toMatchObject({ name: "InvalidRequestException" });
  await expect(admin.send(create("going"))).rejects.toThrow("scheduled for deletion");
});

test("IAM judges a secret by its ARN, random end and all", async () => {
  await admin.send(create("axon/one"));
  await admin.send(create("axon/two"));
  const actions = "secretsmanager:GetSecretValue";
  const one = await roleWith("one", on(actions, `${SECRET}:axon/one-??????`));

  expect((await one.send(get("axon/one"))).SecretString).toBe("value of axon/one");
  await expect(one.send(get("axon/two"))).rejects.toMatchObject({ name: "AccessDeniedException" });
});

test("a secret's own policy lets one in, or keeps all others out", async () => {
  await admin.send(create("guarded"));
  const mine = await roleWith("mine", on("sts:GetCallerIdentity", "*"));
  const others = await roleWith("others", on("secretsmanager:*", "*"));
  const Principal = { AWS: "arn:aws:iam::123456789012:role/mine" };
  const rest = { Action: "secretsmanager:GetSecretValue", Resource: "*" };
  const except = { ArnNotEquals: { "aws:PrincipalArn": Principal.AWS } };
  const ResourcePolicy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal, ...rest },
      { Effect: "Deny", Principal: "*", ...rest, Condition: except },
    ],
  });
  await admin.send(new PutResourcePolicyCommand({ SecretId: "guarded", ResourcePolicy }));

  expect((await mine.send(get("guarded"))).SecretString).toBe("value of guarded");
  await expect(others.send(get("guarded"))).rejects.toThrow("explicit deny");
});

test("a key of one's own has to be within the caller's rights as well", async () => {
  const key = await aws.createKey({ spec: "SYMMETRIC_DEFAULT", usage: "ENCRYPT_DECRYPT" });
  await admin.send(create("sealed", { KmsKeyId: key.arn }));
  const read = on("secretsmanager:GetSecretValue", `${SECRET}:sealed-*`);

  const without = await roleWith("without", read);
  const withKey = await roleWith("with", read, on("kms:Decrypt", key.arn));

  await expect(without.send(get("sealed"))).rejects.toThrow("kms:Decrypt");
  expect((await withKey.send(get("sealed"))).SecretString).toBe("value of sealed");
});
