import { type Chain, startCluster, startPods, startWorld, until } from "@playbook/world";
import { agentConfig } from "../src/index.ts";
import { dispatch } from "./message.ts";
import { checkpoint, configOf, readableBucket } from "./network.ts";
import { apply, planned, type Site, signerOf, siteOn, wished } from "./site.ts";

const NAMESPACE = "/api/v1/namespaces/default";

const TEMPLATE = `Resources:
  Cluster:
    Type: AWS::IAM::OIDCProvider
    Properties:
      Url: https://kubernetes.default.svc
      ClientIdList: [sts.amazonaws.com]
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: validator
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: sts:AssumeRoleWithWebIdentity
            Principal: { Federated: !Ref Cluster }
            Condition:
              StringEquals:
                kubernetes.default.svc:aud: sts.amazonaws.com
                kubernetes.default.svc:sub: system:serviceaccount:default:validator
      Policies:
        - PolicyName: signs
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - { Effect: Allow, Action: ["kms:GetPublicKey", "kms:Sign"], Resource: "*" }
              - { Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::checkpoints/*" }
Outputs:
  Role: { Value: !GetAtt Role.Arn }
`;

async function openStage() {
  await using cleanup = new AsyncDisposableStack();
  const [world, cluster] = await Promise.all([
    startWorld({ chains: [{ id: 5 }, { id: 10012 }], aws: {} }),
    startCluster(),
  ]);
  cleanup.use(world);
  cleanup.use(cluster);
  const { aws } = world;
  const keys = await cluster.kubectl(["get", "--raw", "/openid/v1/jwks"]);
  aws.trustIssuer("https://kubernetes.default.svc", JSON.parse(keys));
  const { outputs } = await aws.deployTemplate(TEMPLATE);
  const agents = { v1: {}, v2: { crashes: true } };
  const pods = cleanup.use(await startPods(cluster, { tags: {}, agents, aws }));
  const here = await siteOn(world.chains[0] as Chain);
  const there = await siteOn(world.chains[1] as Chain);
  for (const site of [here, there]) {
    const wish = configOf(signerOf(site), {});
    await apply(site, await planned(site, wished(site, wish, { chain5: 5, chain10012: 10012 })));
  }
  const parts = cleanup.move();
  return {
    ...{ aws, cluster, pods, here, there, role: outputs.Role ?? "" },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

let stage: Awaited<ReturnType<typeof openStage>>;
beforeAll(async () => {
  stage = await openStage();
}, 1_200_000);
afterAll(() => stage?.[Symbol.asyncDispose]());

const originOf = ({ chain, addresses }: Site) => ({
  ...{ metadata: chain.metadata(), addresses, since: 1 },
});

/** A validator's pod of an image, told what the real one is told. */
async function start(name: string, tag: string, key: string): Promise<void> {
  const { cluster, aws, here } = stage;
  const { api } = cluster;
  const [entry] = Object.values(agentConfig([originOf(here)]).chains);
  const config = {
    ...{ originChainName: "chain5", interval: 1, db: "/var/lib/hyperlane/db" },
    validator: { type: "aws", id: key, region: aws.region },
    checkpointSyncer: { type: "s3", bucket: "checkpoints", region: aws.region, folder: name },
    chains: { chain5: entry },
  };
  await api.create(`${NAMESPACE}/configmaps`, {
    ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name } },
    data: { "agent.json": JSON.stringify(config) },
  });
  const probe = { httpGet: { path: "/metrics", port: 9090 }, periodSeconds: 1 };
  await api.create(`${NAMESPACE}/pods`, {
    ...{ apiVersion: "v1", kind: "Pod", metadata: { name } },
    spec: {
      serviceAccountName: "validator",
      securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
      containers: [
        {
          ...{ name: "agent", image: `registry.example/hyperlane-agent:${tag}` },
          ...{ args: ["./validator"], readinessProbe: probe },
          env: [
            { name: "CONFIG_FILES", value: "/etc/hyperlane/agent.json" },
            { name: "AWS_REGION", value: aws.region },
          ],
          securityContext: { readOnlyRootFilesystem: true },
          volumeMounts: [
            { name: "config", mountPath: "/etc/hyperlane" },
            { name: "nothing", mountPath: "/app/config" },
            { name: "db", mountPath: "/var/lib/hyperlane" },
          ],
        },
      ],
      volumes: [
        { name: "config", configMap: { name } },
        { name: "nothing", emptyDir: {} },
        { name: "db", emptyDir: {} },
      ],
    },
  });
}

const podOf = (name: string) => stage.cluster.api.get(`${NAMESPACE}/pods/${name}`);

test("a pod of the agents' image signs with its service account's role", async () => {
  const { aws, cluster, here, there, pods } = stage;
  await aws.createBucket("checkpoints", { policy: readableBucket("checkpoints") });
  await cluster.api.create(`${NAMESPACE}/serviceaccounts`, {
    ...{ apiVersion: "v1", kind: "ServiceAccount" },
    metadata: { name: "validator", annotations: { "eks.amazonaws.com/role-arn": stage.role } },
  });
  const key = await aws.createKey();
  await here.chain.setBalance(key.address, 10n ** 18n);
  await start("one", "v1", key.id);
  await until(async () => {
    const { status } = await podOf("one");
    return status.containerStatuses?.[0]?.ready === true;
  });

  const { index, root } = await dispatch(here, there, "by a pod");

  expect(await checkpoint(aws, "checkpoints/one", Number(index))).toContain(root);
  const metrics = await fetch(`http://${pods.addressOf("default/one")}:9090/metrics`);
  expect(await metrics.text()).toContain("hyperlane_latest_checkpoint");
  const signed = aws.calls().filter(({ action }) => action === "kms:Sign");
  expect(signed[0]?.principal).toContain("assumed-role/validator/");
}, 300_000);

test("one of a build that crashes is started again and again", async () => {
  const key = await stage.aws.createKey();
  await start("two", "v2", key.id);

  const state = await until(async () => {
    const { status } = await podOf("two");
    return status.containerStatuses?.[0]?.lastState?.terminated;
  });

  expect(state).toMatchObject({ exitCode: 101 });
}, 300_000);
