import { contextForTests } from "@playbook/action/testing";
import type { Session } from "@playbook/aws";
import { type Aws, type Cluster, type Credentials, startAws, startCluster } from "@playbook/world";
import { configMaps, type Entrance, enter, Helm, KubeClient } from "../src/index.ts";
import { helmProgram } from "./helm-place.ts";
import { quickClock } from "./place.ts";

const NAME = "khalani";
const namespace = "default";
const trust = '{ Version: "2012-10-17", Statement: { Effect: Deny, Action: "*", Principal: "*" } }';
const role = (id: string, name: string) => `
  ${id}:
    Type: AWS::IAM::Role
    Properties:
      RoleName: ${name}
      AssumeRolePolicyDocument: ${trust}
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              Effect: Allow
              Action: eks:DescribeCluster
              Resource: !Sub "arn:aws:eks:\${AWS::Region}:\${AWS::AccountId}:cluster/*"`;

let aws: Aws;
let cluster: Cluster;
beforeAll(async () => {
  aws = await startAws();
  process.env.AWS_ENDPOINT_URL = aws.url;
  cluster = await startCluster({ eks: { aws, name: NAME } });
  await aws.deployTemplate(`Resources:${role("Deployer", "deployer")}${role("Other", "other")}`);
  const principal = `arn:aws:iam::${aws.accountId}:role/deployer`;
  aws.grantAccess(NAME, { principal, groups: ["deployers"] });
  await cluster.kubectl([
    ...["create", "role", "deployers", "--verb=get,list,create", "--resource=configmaps"],
  ]);
  await cluster.kubectl(["create", "rolebinding", "d", "--role=deployers", "--group=deployers"]);
}, 1_200_000);
beforeEach(() => aws.clearCalls());
afterAll(async () => {
  delete process.env.AWS_ENDPOINT_URL;
  await cluster?.[Symbol.asyncDispose]();
  await aws?.stop();
});

/** A session of a role, which can be renewed, and a way into the cluster with it. */
function placeOf(name = "deployer") {
  const arn = `arn:aws:iam::${aws.accountId}:role/${name}`;
  let keys: Credentials = aws.openSession(arn, { name: "run-7" });
  const session: Session = { region: aws.region, credentials: async () => keys, renew: () => {} };
  const masked: string[] = [];
  const { clock } = quickClock();
  const context = contextForTests({ clock, mask: (secret) => masked.push(secret) });
  const visitor = { session: async () => session, group: "deployers" };
  const enterBy = (way: Partial<Entrance>) => enter({ env: {}, ...way }, visitor, context);
  const connect = (cluster = NAME) => enterBy({ cluster, region: aws.region, role: arn });
  const renew = () => {
    keys = aws.openSession(arn, { name: "run-8" });
  };
  return { connect, enterBy, context, clock, masked, renew };
}

test("a role finds its cluster, and is in it who its access entry says", async () => {
  const { connect, context, masked } = placeOf();
  const connection = await connect();
  const client = new KubeClient(connection, context);

  await expect(client.list(configMaps, { namespace })).resolves.not.toEqual([]);

  expect(connection).toMatchObject({ cluster: NAME, server: cluster.url });
  expect(cluster.gate.requests().at(-1)?.user).toContain("assumed-role/deployer/run-7");
  expect(masked).toEqual([expect.stringMatching(/^k8s-aws-v1\./)]);
  const asked = aws.calls().filter(({ operation }) => operation === "DescribeCluster");
  expect(asked.map(({ allowed }) => allowed)).toEqual([true]);
});

test("a token that ends in the middle is made anew, and the call is answered", async () => {
  const { connect, context, clock } = placeOf();
  const connection = await connect();
  const client = new KubeClient(connection, context);
  await client.list(configMaps, { namespace });
  const { token } = await connection.credential();
  cluster.expireTokens();
  // Tokens of one second are the same.
  await clock.sleep(1_000);

  await expect(client.list(configMaps, { namespace })).resolves.not.toEqual([]);

  expect((await connection.credential()).token).not.toBe(token);
});

test("a session of AWS that was renewed goes on under its new name", async () => {
  const { connect, context, renew } = placeOf();
  const client = new KubeClient(await connect(), context);
  await client.list(configMaps, { namespace });
  renew();

  await client.list(configMaps, { namespace });

  expect(cluster.gate.requests().at(-1)?.user).toContain("run-8");
});

test("a throttled account is asked again", async () => {
  const match = { operation: "DescribeCluster" };
  const fault = aws.fault({ do: "status", status: 429, code: "TooManyRequests", match });

  await expect(placeOf().connect()).resolves.toMatchObject({ server: cluster.url });
  expect(fault.hits).toBe(1);
});

test("a cluster that is not there is named", async () => {
  await expect(placeOf().connect("nowhere")).rejects.toMatchObject({
    code: "no-cluster",
    what: expect.stringContaining('"nowhere"'),
  });
});

test("a cluster without a region is looked up nowhere", async () => {
  const { enterBy } = placeOf();

  await expect(enterBy({ cluster: NAME })).rejects.toMatchObject({
    code: "bad-input",
    what: '"region" is missing.',
  });

  expect(aws.calls()).toEqual([]);
});

test("without a cluster, what a kubeconfig describes is the way in", async () => {
  const kubeconfig = await cluster.kubeconfig({ name: "ada", groups: ["system:masters"] });
  const { context, enterBy } = placeOf();

  const named = new KubeClient(await enterBy({ kubeconfig }), context);
  await expect(named.list(configMaps, { namespace })).resolves.not.toEqual([]);
  const found = new KubeClient(await enterBy({ env: { KUBECONFIG: kubeconfig } }), context);
  await expect(found.list(configMaps, { namespace })).resolves.not.toEqual([]);

  expect(aws.calls()).toEqual([]);
});

test("a role that IAM keeps from looking is told which permission it lacks", async () => {
  const taken = aws.withoutPermission(
    `arn:aws:iam::${aws.accountId}:role/deployer`,
    "eks:DescribeCluster",
  );
  await expect(placeOf().connect()).rejects.toMatchObject({
    code: "access-denied",
    what: expect.stringContaining("eks:DescribeCluster"),
  });
  taken.restore();
});

test("a role without an access entry is told to get one", async () => {
  const { connect, context } = placeOf("other");
  const client = new KubeClient(await connect(), context);
  const role = `arn:aws:iam::${aws.accountId}:role/other`;

  await expect(client.list(configMaps, { namespace })).rejects.toMatchObject({
    code: "kube-unknown",
    next: expect.stringMatching(
      new RegExp(`create-access-entry .* --principal-arn ${role} --kubernetes-groups deployers`),
    ),
  });
});

test("Helm comes in with the same tokens", async () => {
  const { connect, context } = placeOf();
  const connection = await connect();
  const program = await helmProgram(4);
  const inputs = { program, connection, context, driver: "configmap" as const };
  await using helm = await Helm.open({ ...inputs, env: { PATH: process.env.PATH } });

  expect(await helm.history({ name: "none", namespace })).toEqual([]);
  expect(cluster.gate.requests().at(-1)?.user).toContain("assumed-role/deployer/");
});
