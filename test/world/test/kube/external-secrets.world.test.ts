import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { type Aws, type Cluster, startAws, startCluster, until } from "@playbook/world";

const ROLES = `
Resources:
  Reader:
    Type: AWS::IAM::Role
    Properties:
      RoleName: reader
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: { Effect: Deny, Action: "*", Principal: "*" }
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              Effect: Allow
              Action: secretsmanager:GetSecretValue
              Resource: arn:aws:secretsmanager:us-east-1:123456789012:secret:axon/one-??????
`;
const EXTERNAL = "/apis/external-secrets.io/v1/namespaces/default/externalsecrets";
const SECRETS = "/api/v1/namespaces/default/secrets";

let aws: Aws;
let cluster: Cluster;
let admin: SecretsManagerClient;

beforeAll(async () => {
  aws = await startAws();
  await aws.deployTemplate(ROLES);
  cluster = await startCluster({ eks: { aws, name: "khalani" } });
  admin = new SecretsManagerClient(aws.clientConfig());
  for (const Name of ["axon/one", "axon/two"]) {
    const SecretString = JSON.stringify({ net: `net of ${Name}`, bls: "b" });
    await admin.send(new CreateSecretCommand({ Name, SecretString }));
  }
  const role = { "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/reader" };
  await cluster.api.create("/api/v1/namespaces/default/serviceaccounts", {
    metadata: { name: "one", annotations: role },
  });
  const auth = { jwt: { serviceAccountRef: { name: "one" } } };
  await cluster.api.create("/apis/external-secrets.io/v1/namespaces/default/secretstores", {
    apiVersion: "external-secrets.io/v1",
    kind: "SecretStore",
    metadata: { name: "aws" },
    spec: { provider: { aws: { service: "SecretsManager", region: "us-east-1", auth } } },
  });
}, 1_200_000);
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await aws?.stop();
});

async function make(name: string, key: string, refreshInterval = "1h"): Promise<void> {
  await cluster.api.create(EXTERNAL, {
    apiVersion: "external-secrets.io/v1",
    kind: "ExternalSecret",
    metadata: { name },
    spec: {
      refreshInterval,
      secretStoreRef: { name: "aws", kind: "SecretStore" },
      target: { name },
      data: [{ secretKey: "net.key", remoteRef: { key, property: "net" } }],
    },
  });
}

const condition = (name: string) =>
  until(async () => {
    const { status } = await cluster.api.get(`${EXTERNAL}/${name}`);
    return status?.conditions?.[0];
  });

const valueIn = async (name: string) => {
  const { data } = await cluster.api.get(`${SECRETS}/${name}`);
  return Buffer.from(data["net.key"], "base64").toString("utf8");
};

test("a secret of the account becomes one of the cluster, and goes with what asked for it", async () => {
  await make("one", "axon/one");

  expect(await condition("one")).toMatchObject({ status: "True", reason: "SecretSynced" });
  expect(await valueIn("one")).toBe("net of axon/one");
  await cluster.api.delete(`${EXTERNAL}/one`);
  await until(async () => !(await cluster.api.find(`${SECRETS}/one`)));
});

test("a secret that the service account's role may not read is not made", async () => {
  await make("two", "axon/two");

  expect(await condition("two")).toMatchObject({ status: "False", reason: "SecretSyncedError" });
  expect(await cluster.api.find(`${SECRETS}/two`)).toBeUndefined();
});

test("a new value comes with the next refresh", async () => {
  await make("fresh", "axon/one", "1s");
  await condition("fresh");
  const SecretString = JSON.stringify({ net: "rotated" });
  await admin.send(new PutSecretValueCommand({ SecretId: "axon/one", SecretString }));

  await until(async () => (await valueIn("fresh")) === "rotated");
});
