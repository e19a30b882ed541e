import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Report } from "@playbook/action";
import { contextForTests, type TestContext } from "@playbook/action/testing";
import type { Address } from "@playbook/evm";
import { agentConfig } from "@playbook/hyperlane";
import {
  type Aws,
  type Chain,
  type Cluster,
  startCluster,
  startPods,
  startWorld,
} from "@playbook/world";
import { stringify } from "yaml";
import { dispatch } from "../../../packages/hyperlane/test/message.ts";
import { configOf } from "../../../packages/hyperlane/test/network.ts";
import {
  apply,
  planned,
  type Site,
  signerOf,
  siteOn,
  wished,
} from "../../../packages/hyperlane/test/site.ts";
import { tool } from "../../../scripts/tools.ts";
import { type Inputs, run } from "../src/run.ts";

const ISSUER = "kubernetes.default.svc";

const PROVIDER = `Resources:
  One:
    Type: AWS::IAM::OIDCProvider
    Properties: { Url: "https://${ISSUER}", ClientIdList: [sts.amazonaws.com] }
`;

export const NAMESPACE = "hyperlane";
const ORIGIN = "chain5";

/** An agent as it stands in the list, with what was made for it. */
export type Listed = { name: string; address: Address; [field: string]: unknown };

export type AgentList = {
  validators: Record<string, Listed[]>;
  relayers: Record<string, { routes: object[]; gasPayment: object[]; instances: Listed[] }>;
};

export type FleetOptions = {
  /** Builds of the agents, by tag. */
  builds?: Record<string, object>;
  /** Instances of the relayer. */
  relayers?: number;
  /** Blocks that a reorganisation of the destination may take back. */
  reorgPeriod?: number;
  /** The account's name for the cluster, where roles come in by tokens of EKS. */
  eks?: string;
  /** Other chains than the two, with the agents of them all. */
  matrix?: { ids: number[]; list: (aws: Aws) => Promise<AgentList> };
};

/** Nodes that have room for the agents of many chains. */
const ROOMY = ["a", "b", "c"].map((zone) => ({
  ...{ name: `roomy-${zone}`, zone: `us-east-1${zone}` },
  ...{ cpu: "32", memory: "128Gi" },
}));

/** Its chains have no gas paymaster. */
export const FREE = [{ type: "none" }];

/** A URL that nobody answers at. */
export const NOWHERE = "http://127.0.0.1:9";

/** A cluster, two chains with a core, and all that three validators and a relayer need. */
export async function openFleet(options: FleetOptions = {}) {
  const { relayers = 1, reorgPeriod = 0, matrix } = options;
  await using cleanup = new AsyncDisposableStack();
  const { world, aws, cluster, pods } = await openMachines(cleanup, options);
  const sites = await Promise.all(world.chains.map((chain: Chain) => siteOn(chain)));
  const [origin, destination] = sites as [Site, Site];
  const list = await (matrix?.list(aws) ?? listOf(aws, relayers));
  await deployCore(sites, list.validators);
  await prepareNamespace(cluster, sites);
  const folder = join(world.dir, "product");
  await mkdir(folder, { recursive: true });
  const configure = () =>
    writeFile(join(folder, "agent-config.json"), configText(sites, reorgPeriod));
  await configure();

  const inputs = await inputsFor(cluster, folder, list);
  const parts = cleanup.move();
  return {
    ...{ world, aws, cluster, pods, sites, origin, destination, list, folder, inputs },
    run: async (
      over: Partial<Inputs> = {},
      listed: object = list,
      context: TestContext = contextForTests(),
    ): Promise<Report> => run(await inputs(over, listed), context),
    /** Everybody who has to pay can. */
    fund: (wei = 10n ** 18n) => fund(list, { origin, destination }, wei),
    /** A chain gets others in the place of some contracts, or of all; agents are told of them. */
    redeploy: async (site: Site, names = Object.keys(site.addresses)) => {
      const kept = Object.entries(site.addresses).filter(([name]) => !names.includes(name));
      site.addresses = Object.fromEntries(kept);
      await deployCore([site], list.validators, sites);
      await configure();
    },
    /** Where the agents' nodes of a chain are, from their next start on. */
    tellAgents: ({ chain }: Site, url = chain.url) => setUrl(cluster, chain.name, url),
    send: (text: string) => dispatch(origin, destination, text),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

export type Fleet = Awaited<ReturnType<typeof openFleet>>;

/** Chains, an account and a cluster whose pods may be agents. */
async function openMachines(
  parts: AsyncDisposableStack,
  { builds = {}, eks, matrix }: FleetOptions,
) {
  const chains = (matrix?.ids ?? [5, 10012]).map((id) => ({ id }));
  const world = parts.use(await startWorld({ chains, aws: {} }));
  const { aws } = world;
  const cluster = parts.use(
    await startCluster({
      ...(eks && { eks: { aws, name: eks } }),
      ...(matrix && { nodes: ROOMY }),
    }),
  );
  Object.assign(process.env, { AWS_ENDPOINT_URL: aws.url, ...aws.environment(aws.admin) });
  await trust(aws, cluster);
  const agents = { v1: {}, v2: {}, ...builds };
  const pods = parts.use(await startPods(cluster, { tags: {}, agents, aws }));
  return { world, aws, cluster, pods };
}

/** Makes what a run is given; the list is this one unless it is given another. */
async function inputsFor(cluster: Cluster, folder: string, list: AgentList) {
  const helm = join(dirname(await tool("kubectl")), "helm");
  const kubeconfig = await cluster.kubeconfig({ name: "ada", groups: ["system:masters"] });
  const { PATH = "/usr/bin:/bin" } = process.env;
  return async (over: Partial<Inputs> = {}, listed: object = list): Promise<Inputs> => {
    await writeFile(join(folder, "agents.yaml"), stringify(listed));
    return {
      ...{ mode: "apply", agents: join(folder, "agents.yaml") },
      ...{ agentConfig: join(folder, "agent-config.json"), values: [], set: common("v1") },
      ...{ artifact: undefined, artifactDigest: undefined, configArtifact: undefined },
      ...{ cluster: undefined, region: undefined, role: undefined },
      ...{ kubeconfig, kubeContext: undefined, namespace: NAMESPACE, rpcUrls: [], quorum: [] },
      ...{ allowSharedKeys: [], allowOneOperator: [], allowOnePlace: [] },
      allowUnknownIsms: [],
      ...{ funder: undefined, state: undefined, funding: [], fundingCap: [] },
      ...{ rotate: [], helm, planDigest: undefined, agentTimeout: 120_000 },
      ...{ env: { PATH }, run: "test", repository: "acme/nexus" },
      ...over,
    };
  };
}

/** Validators pay where messages come from, relayers where they go. */
async function fund(
  { validators, relayers }: AgentList,
  { origin, destination }: { origin: Site; destination: Site },
  wei: bigint,
): Promise<void> {
  for (const { address } of validators[ORIGIN] ?? []) await origin.chain.setBalance(address, wei);
  for (const { instances } of Object.values(relayers)) {
    for (const { address } of instances) await destination.chain.setBalance(address, wei);
  }
}

function setUrl({ api }: Cluster, chain: string, url: string) {
  return api.patch(`/api/v1/namespaces/${NAMESPACE}/secrets/rpc-1`, {
    data: { [chain]: Buffer.from(url).toString("base64") },
  });
}

/** The values that all agents have in common. */
export function common(tag: string): Record<string, unknown> {
  return {
    image: { repository: "registry.example/hyperlane-agent", tag },
    validator: { interval: 1 },
    storage: { className: "gp3-retain", size: "1Gi" },
    network: { policy: { enabled: true } },
  };
}

/** What an agent is wanted to be, a validator's list with one changed. */
export function changed(list: AgentList, at: number, over: object): AgentList {
  const all = (list.validators[ORIGIN] ?? []).map((one, index) =>
    index === at ? { ...one, ...over } : one,
  );
  return { ...list, validators: { [ORIGIN]: all } };
}

/** The account takes the tokens of the cluster's service accounts. */
async function trust(aws: Aws, cluster: Cluster): Promise<void> {
  const keys = await cluster.kubectl(["get", "--raw", "/openid/v1/jwks"]);
  aws.trustIssuer(`https://${ISSUER}`, JSON.parse(keys));
  await aws.deployTemplate(PROVIDER, {}, "provider");
}

/** An entry of the list, with a stack of the action's own template. */
export async function agentOf(
  aws: Aws,
  Agent: "validator" | "relayer",
  { group, name }: { group: string; name: string },
): Promise<Listed> {
  const text = await readFile(new URL("../template.yml", import.meta.url), "utf8");
  const Release = `${Agent}-${group}-${name}`;
  const parameters = { Name: `khalani-${Release}`, Agent, Issuer: ISSUER, Release };
  const { outputs } = await aws.deployTemplate(text, parameters, Release);
  const { Key = "", PodRole: roleArn, Bucket } = outputs;
  return {
    ...{ name, address: (await aws.addressOf(Key)) as Address, roleArn, rpcSecret: "rpc-1" },
    key: { id: Key, region: aws.region },
    ...(Bucket && { bucket: { name: Bucket, region: aws.region } }),
  };
}

async function listOf(aws: Aws, relayers: number): Promise<AgentList> {
  const validators: Listed[] = [];
  for (const name of ["a", "b", "c"]) {
    validators.push(await agentOf(aws, "validator", { group: ORIGIN, name }));
  }
  const instances: Listed[] = [];
  for (const name of ["a", "b"].slice(0, relayers)) {
    instances.push(await agentOf(aws, "relayer", { group: "main", name }));
  }
  const routes = [{ origin: ORIGIN, destination: "chain10012" }];
  const main = { routes, gasPayment: FREE, instances };
  return { validators: { [ORIGIN]: validators }, relayers: { main } };
}

/** What the destination counts on: so many of these, in the order of their addresses. */
export function setOf(validators: readonly Listed[], threshold: number) {
  const addresses = validators
    .map(({ address }) => address)
    .toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
  return { type: "messageIdMultisigIsm", validators: addresses, threshold };
}

/** Changes what the destination counts on, as its owner does it; without validators on nobody. */
export async function countOn(
  { destination }: Fleet,
  validators: readonly Listed[],
  threshold: number,
): Promise<void> {
  const route: [string, object] = [ORIGIN, setOf(validators, threshold)];
  const routes = Object.fromEntries(validators.length > 0 ? [route] : []);
  const config = configOf(signerOf(destination), routes);
  const wish = wished(destination, config, { chain5: 5, chain10012: 10012 });
  await apply(destination, await planned(destination, wish));
}

/** Two of its validators sign for what comes from a chain. */
async function deployCore(
  sites: Site[],
  validators: AgentList["validators"],
  all = sites,
): Promise<void> {
  const domains = Object.fromEntries(all.map(({ chain }) => [chain.name, chain.id]));
  await Promise.all(
    sites.map(async (site) => {
      const others = Object.entries(validators).filter(([name]) => name !== site.chain.name);
      const isms = Object.fromEntries(others.map(([name, own]) => [name, setOf(own, 2)]));
      await apply(site, await planned(site, wished(site, configOf(signerOf(site), isms), domains)));
    }),
  );
}

function configText(sites: Site[], atDestination: number): string {
  const period = (name: string) => ({ reorgPeriod: name === ORIGIN ? 0 : atDestination });
  const chains = sites.map(({ chain, addresses }) => ({
    metadata: { ...chain.metadata(), domainId: chain.id, blocks: period(chain.name) },
    addresses,
    since: 1,
  }));
  return JSON.stringify(agentConfig(chains));
}

async function prepareNamespace({ api }: Cluster, sites: Site[]): Promise<void> {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  const metadata = { name: NAMESPACE, labels };
  await api.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata });
  const urls = sites.map(({ chain }) => [chain.name, Buffer.from(chain.url).toString("base64")]);
  await api.create(`/api/v1/namespaces/${NAMESPACE}/secrets`, {
    ...{ apiVersion: "v1", kind: "Secret", metadata: { name: "rpc-1" } },
    data: Object.fromEntries(urls),
  });
}
