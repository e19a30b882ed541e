import { readFile } from "node:fs/promises";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { contextForTests } from "@playbook/action/testing";
import { type Address, ledgersOf } from "@playbook/evm";
import { agentConfig, type KnownChain, readAgentConfig } from "@playbook/hyperlane";
import { type Aws, type Chain, startWorld } from "@playbook/world";
import { Wallet } from "ethers";
import { configOf } from "../../../../packages/hyperlane/test/network.ts";
import {
  apply,
  planned,
  type Site,
  signerOf,
  siteOn,
  wished,
} from "../../../../packages/hyperlane/test/site.ts";
import type { Death } from "../../../foundry-broadcast-with-kms/test/apply/kill/effect.ts";
import type { Entry } from "../../src/entry.ts";
import { type Given, pay } from "./pay.ts";
import { payTraced } from "./traced.ts";
import { UnpaidChains } from "./unpaid-chains.ts";

const template = new URL("../../../foundry-broadcast-with-kms/template.yml", import.meta.url);

export const ONE = 10n ** 18n;

/** What agents are brought to. */
export const TARGETS = { validator: ONE / 100n, relayer: ONE / 2n };

const line = (name: string) => `${name} validator=0.01 relayer=0.5 below=0.1`;

export type Agent = { name: string; kind: Entry["kind"]; address: Address; chain: Chain };

/** A key that pays, with a place for its ledgers, by the template that products deploy. */
export async function openFunder(aws: Aws) {
  const { outputs } = await aws.deployTemplate(
    await readFile(template, "utf8"),
    {
      ...{ Name: "nexus-funding", Prefix: "funding" },
      Signers: "arn:aws:iam::123456789012:role/nexus-prod-agents",
    },
    "funder",
  );
  const { KeyArn: key = "", State: state = "" } = outputs;
  return { key, state, funder: (await aws.addressOf(key)) as Address };
}

/** Two chains with a core, agents without coins, and a key that has some. */
export async function openTreasury() {
  await using cleanup = new AsyncDisposableStack();
  const world = cleanup.use(await startWorld({ chains: [{ id: 5 }, { id: 10012 }], aws: {} }));
  const { aws, dir } = world;
  const chains: Chain[] = [...world.chains];
  const { key, state, funder } = await openFunder(aws);
  Object.assign(process.env, { AWS_ENDPOINT_URL: aws.url, ...aws.environment(aws.admin) });
  const known = await deployCores(chains);
  for (const chain of chains) await chain.setBalance(funder, 100n * ONE);
  const unpaid = await UnpaidChains.of(chains);
  const { entries, agents } = agentsOn(chains);
  let rounds = 0;
  const given = (over: Partial<Given> = {}): Given => ({
    ...{ key, region: aws.region, state: `${state}/round-${rounds}`, run: "test" },
    ...{ fleet: { repository: "acme/nexus", namespace: "hyperlane" }, entries, known },
    ...wishesOn(chains),
    ...over,
  });
  const parts = cleanup.move();
  return {
    ...{ world, aws, chains, key, state, funder, agents },
    /** Everything is as before anybody was paid, and nothing of it is stored. */
    reset: async () => {
      await unpaid.restore();
      rounds += 1;
    },
    run: (over: Partial<Given> = {}, context = contextForTests()) => pay(given(over), context),
    /** The same in a process of its own, to its end or its death. */
    running: (death?: Death) => payTraced({ given: given(), dir, aws, chains, death }),
    /** What is wrong when everybody is to have been paid once, by the chains' own blocks. */
    faults: () => faultsOf(agents, (chain) => unpaid.sentBy(funder, chain)),
    /** How many payments there are on a chain. */
    payments: async (chain: Chain) => (await unpaid.sentBy(funder, chain)).length,
    /** Whether a run has seen all its payments on a chain to their end. */
    isClosed: ({ id }: Chain) => isClosed(aws, `${given().state}/${ledgersOf(id)}`),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

export type Treasury = Awaited<ReturnType<typeof openTreasury>>;

/** What agents are told of chains that have a core now. */
async function deployCores(chains: Chain[]): Promise<KnownChain[]> {
  const sites = await Promise.all(chains.map((chain) => siteOn(chain)));
  const domains = Object.fromEntries(chains.map(({ name, id }) => [name, id]));
  await Promise.all(
    sites.map(async (site) => {
      await apply(site, await planned(site, wished(site, configOf(signerOf(site), {}), domains)));
    }),
  );
  return readAgentConfig(configText(sites), "agent-config.json").chains;
}

/** What is wished for on each chain, and where it is reached. */
function wishesOn(chains: Chain[]): Pick<Given, "funding" | "cap" | "rpcUrls"> {
  return {
    funding: chains.map(({ name }) => line(name)).join("\n"),
    cap: chains.map(({ name }) => `${name}=3`).join("\n"),
    rpcUrls: chains.map(({ name, url }) => ({ name, value: url })),
  };
}

async function faultsOf(
  agents: Agent[],
  paymentsOn: (chain: Chain) => Promise<{ act: string }[]>,
): Promise<string[]> {
  const found = agents.map(async ({ name, kind, address, chain }) => {
    const has = BigInt(await chain.send<string>("eth_getBalance", [address, "latest"]));
    const all = await paymentsOn(chain);
    const own = all.filter(({ act }) => act.startsWith(address.toLowerCase()));
    const where = `${name} on ${chain.name}`;
    return [
      ...(has === TARGETS[kind] ? [] : [`${where} has ${has}`]),
      ...(own.length === 1 ? [] : [`${where} was paid ${own.length} times`]),
    ];
  });
  return (await Promise.all(found)).flat();
}

async function isClosed(aws: Aws, ledgers: string): Promise<boolean> {
  const [, , Bucket = "", ...prefix] = ledgers.split("/");
  const s3 = new S3Client(aws.clientConfig());
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket, Prefix: prefix.join("/") }),
  );
  const reading = Contents.map(async ({ Key }) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return (await Body?.transformToString())?.includes('"kind":"closed"');
  });
  return (await Promise.all(reading)).includes(true);
}

function configText(sites: Site[]): string {
  const chains = sites.map(({ chain, addresses }) => ({
    metadata: { ...chain.metadata(), domainId: chain.id, blocks: { reorgPeriod: 0 } },
    ...{ addresses, since: 1 },
  }));
  return JSON.stringify(agentConfig(chains));
}

/** Two validators on each chain, and two relayers that deliver to both. */
function agentsOn(chains: readonly Chain[]): { entries: Entry[]; agents: Agent[] } {
  const fresh = () => Wallet.createRandom().address as Address;
  const one = (name: string, kind: Entry["kind"], paysOn: readonly Chain[]) => {
    const address = fresh();
    const bucket = kind === "validator" ? { name, region: "us-east-1" } : null;
    const needs = { paysOn: paysOn.map((chain) => chain.name), bucket };
    const entry = { name, kind, address, wanted: { needs } } as unknown as Entry;
    return { entry, agents: paysOn.map((chain): Agent => ({ name, kind, address, chain })) };
  };
  const validators = chains.flatMap((chain) =>
    ["a", "b"].map((name) => one(`validator-${chain.name}-${name}`, "validator", [chain])),
  );
  const relayers = ["a", "b"].map((name) => one(`relayer-main-${name}`, "relayer", chains));
  const all = [...validators, ...relayers];
  return { entries: all.map(({ entry }) => entry), agents: all.flatMap(({ agents }) => agents) };
}
