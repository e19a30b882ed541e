import { DescribeClusterCommand, EKSClient } from "@aws-sdk/client-eks";
import {
  type Aws,
  type Cluster,
  type Credentials,
  KubeApi,
  startAws,
  startCluster,
} from "@playbook/world";
import { signToken } from "./tokens.ts";

const NAME = "khalani";
const trust = '{ Version: "2012-10-17", Statement: { Effect: Deny, Action: "*", Principal: "*" } }';
const describe_ = (cluster: string) =>
  `{ Version: "2012-10-17", Statement: { Effect: Allow, Action: eks:DescribeCluster, ` +
  `Resource: !Sub "arn:aws:eks:\${AWS::Region}:\${AWS::AccountId}:cluster/${cluster}" } }`;
const ROLES = `
Resources:
  Deployer:
    Type: AWS::IAM::Role
    Properties:
      RoleName: deployer
      AssumeRolePolicyDocument: ${trust}
      Policies: [{ PolicyName: own, PolicyDocument: ${describe_(NAME)} }]
  Stranger:
    Type: AWS::IAM::Role
    Properties:
      RoleName: stranger
      AssumeRolePolicyDocument: ${trust}
      Policies: [{ PolicyName: own, PolicyDocument: ${describe_("another")} }]
`;
const ENTRY = `
Resources:
  Entry:
    Type: AWS::EKS::AccessEntry
    Properties:
      ClusterName: ${NAME}
      PrincipalArn: !Sub "arn:aws:iam::\${AWS::AccountId}:role/deployer"
      KubernetesGroups: [deployers]
      Username: "ci:{{SessionName}}"
`;
const MAPS = "/api/v1/namespaces/default/configmaps";

let aws: Aws;
let cluster: Cluster;
let deployer: Credentials;
let stranger: Credentials;

beforeAll(async () => {
  aws = await startAws();
  cluster = await startCluster({ eks: { aws, name: NAME } });
  await aws.deployTemplate(ROLES);
  await aws.deployTemplate(ENTRY, {}, "entries");
  const sessionOf = (role: string) => {
    const arn = `arn:aws:iam::${aws.accountId}:role/${role}`;
    return aws.openSession(arn, { name: "run-7" });
  };
  deployer = sessionOf("deployer");
  stranger = sessionOf("stranger");
  await cluster.kubectl([
    ...["create", "role", "deployers", "--verb=get,list,create", "--resource=configmaps"],
  ]);
  await cluster.kubectl(["create", "rolebinding", "d", "--role=deployers", "--group=deployers"]);
}, 1_200_000);
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await aws?.stop();
});

const clientWith = (token: string) => new KubeApi({ url: cluster.url, ca: cluster.ca, token });

function describeAs(credentials: Credentials, name = NAME) {
  const client = new EKSClient({ ...aws.clientConfig(credentials), maxAttempts: 1 });
  return client.send(new DescribeClusterCommand({ name }));
}

test("a role that may learn where the cluster is finds it, and comes in as its entry says", async () => {
  const { cluster: found } = await describeAs(deployer);
  const ca = Buffer.from(found?.certificateAuthority?.data ?? "", "base64").toString("utf8");
  const token = await signToken(deployer, { cluster: NAME });
  using client = new KubeApi({ url: found?.endpoint ?? "", ca, token });
  cluster.gate.forget();

  await client.create(MAPS, { metadata: { name: "mine" } });

  expect(found).toMatchObject({ status: "ACTIVE", version: "1.36" });
  expect(cluster.gate.requests()).toMatchObject([
    { verb: "create", user: "ci:run-7", status: 201 },
  ]);
  const calls = aws.calls().filter(({ operation }) => operation === "GetCallerIdentity");
  expect(calls[0]?.principal).toBe(`arn:aws:sts::${aws.accountId}:assumed-role/deployer/run-7`);
});

test("its rights in the cluster are those that RBAC gives its groups", async () => {
  using client = clientWith(await signToken(deployer, { cluster: NAME }));

  await expect(client.list("/api/v1/namespaces/default/secrets")).rejects.toMatchObject({
    status: 403,
    message: expect.stringContaining('User "ci:run-7" cannot list resource "secrets"'),
  });
});

test("IAM decides who may learn where the cluster is", async () => {
  await expect(describeAs(stranger)).rejects.toMatchObject({ name: "AccessDeniedException" });
  await expect(describeAs(aws.admin, "nowhere")).rejects.toMatchObject({
    name: "ResourceNotFoundException",
    message: "No cluster found for name: nowhere.",
  });
});

test.each<[string, () => Promise<string>]>([
  ["of a role without an entry", () => signToken(stranger, { cluster: NAME })],
  ["for another cluster", () => signToken(deployer, { cluster: "another" })],
  [
    "that is older than a quarter of an hour",
    () => signToken(deployer, { cluster: NAME, at: new Date(Date.now() - 16 * 60_000) }),
  ],
  [
    "signed with a key that is not its own",
    () => signToken({ ...deployer, secretAccessKey: "guessed" }, { cluster: NAME }),
  ],
])("a token %s opens nothing", async (_, make) => {
  using client = clientWith(await make());

  await expect(client.list(MAPS)).rejects.toMatchObject({ status: 401, reason: "Unauthorized" });
});

test("a token that was made ten minutes ago for a minute is still good", async () => {
  const at = new Date(Date.now() - 10 * 60_000);
  using client = clientWith(await signToken(deployer, { cluster: NAME, at }));

  expect(await client.list(MAPS)).not.toEqual([]);
});

test("a token that has expired is refused from then on, a new one is not", async () => {
  const token = await signToken(deployer, { cluster: NAME });
  using client = clientWith(token);
  await client.list(MAPS);

  cluster.expireTokens();

  await expect(client.list(MAPS)).rejects.toMatchObject({ status: 401 });
  using other = clientWith(await signToken(deployer, { cluster: NAME, seconds: 61 }));
  expect(await other.list(MAPS)).not.toEqual([]);
  const secrets = cluster.secrets().map(({ value }) => value);
  expect(secrets).toContain(token);
});

test("an entry that is taken away shuts its role out", async () => {
  const principal = `arn:aws:iam::${aws.accountId}:role/stranger`;
  aws.grantAccess(NAME, { principal, groups: ["deployers"] });
  using client = clientWith(await signToken(stranger, { cluster: NAME, seconds: 59 }));
  expect(await client.list(MAPS)).not.toEqual([]);

  aws.revokeAccess(NAME, principal);

  using late = clientWith(await signToken(stranger, { cluster: NAME, seconds: 58 }));
  await expect(late.list(MAPS)).rejects.toMatchObject({ status: 401 });
});
