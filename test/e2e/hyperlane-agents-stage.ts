import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { groupOf } from "@playbook/access";
import type { Address } from "@playbook/evm";
import { clientsFolder, startCluster, startPods } from "@playbook/world";
import { stringify } from "yaml";
import { root } from "../../scripts/tools.ts";
import { commitAll } from "../products/install.ts";
import { CLUSTER, type HyperlaneStage, LIBRARY, REPOSITORY } from "./hyperlane-stage.ts";

const NAMESPACE = "hyperlane";
const ISSUER = "kubernetes.default.svc";

const PROVIDER = `Resources:
  One:
    Type: AWS::IAM::OIDCProvider
    Properties: { Url: "https://${ISSUER}", ClientIdList: [sts.amazonaws.com] }
`;

/** A cluster for the stage's agents. */
export async function openAgents(
  stage: HyperlaneStage,
  parts: AsyncDisposableStack,
  list: AgentList,
) {
  const { world, library, folder, account, write } = stage;
  const { aws } = world;
  const cluster = parts.use(await startCluster({ eks: { aws, name: CLUSTER } }));
  const { api, kubectl, gate } = cluster;
  aws.trustIssuer(`https://${ISSUER}`, JSON.parse(await kubectl(["get", "--raw", JWKS])));
  await aws.deployTemplate(PROVIDER, {}, "provider");
  parts.use(await startPods(cluster, { tags: {}, agents: { v1: {}, v2: {} }, aws }));

  const named = { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };
  await api.create("/api/v1/namespaces", named);
  await kubectl(["apply", "--namespace", NAMESPACE, "-f", join(library, "templates/rbac.yml")]);
  aws.grantAccess(CLUSTER, { principal: account.AGENTS_ROLE, groups: [groupOf("agents")] });
  const planRole = await openPlanRole(stage);
  aws.grantAccess(CLUSTER, { principal: planRole, groups: [groupOf("agents-plan")] });
  const urls = world.chains.map(({ name, url }) => [name, Buffer.from(url).toString("base64")]);
  await api.create(`/api/v1/namespaces/${NAMESPACE}/secrets`, {
    ...{ apiVersion: "v1", kind: "Secret", metadata: { name: "rpc-1" } },
    data: Object.fromEntries(urls),
  });

  await write("hyperlane/agents.yaml", stringify(list));
  /** Commits another version of the agents. */
  const version = async (tag: string) => {
    const image = { repository: "registry.example/hyperlane-agent", tag };
    const values = { image, storage: { className: "gp3-retain" }, validator: { interval: 1 } };
    await write("hyperlane/agents-values.yaml", stringify(values));
    await commitAll(folder, `Agents ${tag}`);
  };
  const vars = {
    ...{ AGENTS: "hyperlane/agents.yaml", AGENTS_CLUSTER: CLUSTER },
    AGENTS_PLAN_ROLE: planRole,
    AGENTS_FUNDING: stage.names.map((name) => `${name} validator=0.05 relayer=0.5`).join("\n"),
    AGENTS_FUNDING_CAP: stage.names.map((name) => `${name}=2`).join("\n"),
  };
  const beside = { vars, path: [await clientsFolder()] };
  /** The images of the agents' pods. */
  const images = async () => {
    const pods = await api.list(`/api/v1/namespaces/${NAMESPACE}/pods`);
    return pods.map(({ metadata, spec }) => [metadata.name, spec.containers[0].image]);
  };
  return { version, beside, images, api, kubectl, gate };
}

/** The role of an environment that nobody has to approve; it may read, and has no key. */
async function openPlanRole({ world: { aws, github }, oidc }: HyperlaneStage): Promise<string> {
  const { outputs } = await aws.deployTemplate(
    await readFile(join(root, "templates/roles.yml"), "utf8"),
    {
      ...{ Name: "nexus-plan", Environment: "plan", OidcProvider: oidc },
      ...{ Owner: "acme", OwnerId: "42", Repository: "hyperlane" },
      RepositoryId: String(github.repository(REPOSITORY).id),
      TrustedWorkflows: `${LIBRARY}/.github/workflows/release-hyperlane.yml@refs/tags/v1`,
      ...{ AgentsRegion: aws.region, AgentsCluster: CLUSTER },
    },
    "plan-roles",
  );
  return outputs.AgentsRole ?? "";
}

const JWKS = "/openid/v1/jwks";

/** An agent as it stands in the list. */
export type Listed = Awaited<ReturnType<typeof agentOf>>;

export type AgentList = {
  validators: Record<string, Listed[]>;
  relayers: Record<string, { routes: object[]; gasPayment: object[]; instances: Listed[] }>;
};

/** A validator of one chain, and a relayer to the other. */
export async function aFew(stage: HyperlaneStage): Promise<AgentList> {
  const routes = [{ origin: "alpha", destination: "beta" }];
  const instances = [await agentOf(stage, "relayer", "main", "a")];
  return {
    validators: { alpha: [await agentOf(stage, "validator", "alpha", "a")] },
    relayers: { main: { routes, gasPayment: [{ type: "none" }], instances } },
  };
}

/** Three validators for each chain, and nobody who relays. */
export async function threeEach(stage: HyperlaneStage): Promise<AgentList> {
  const validators: AgentList["validators"] = {};
  for (const chain of stage.names) {
    const three: Listed[] = [];
    for (const name of ["a", "b", "c"]) {
      three.push(await agentOf(stage, "validator", chain, name));
    }
    validators[chain] = three;
  }
  return { validators, relayers: {} };
}

/** An entry of the list, with a stack of the action's own template, and no coins. */
async function agentOf({ world }: HyperlaneStage, Agent: string, group: string, name: string) {
  const { aws } = world;
  const path = join(root, "actions/deploy-hyperlane-agents/template.yml");
  const Release = `${Agent}-${group}-${name}`;
  const parameters = { Name: `nexus-${Release}`, Agent, Issuer: ISSUER, Release };
  const { outputs } = await aws.deployTemplate(await readFile(path, "utf8"), parameters, Release);
  const { Key = "", PodRole: roleArn, Bucket } = outputs;
  const address = (await aws.addressOf(Key)) as Address;
  return {
    ...{ name, address, roleArn, rpcSecret: "rpc-1" },
    key: { id: Key, region: aws.region },
    ...(Bucket && { bucket: { name: Bucket, region: aws.region } }),
  };
}
