import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { contextForTests } from "@playbook/action/testing";
import type { Address } from "@playbook/evm";
import { type Chain, type ChainOptions, startWorld } from "@playbook/world";
import { stringify } from "yaml";
import { multisig } from "../../../packages/hyperlane/test/core-config.ts";
import { account } from "../../../packages/hyperlane/test/wishes.ts";
import { type Inputs, run } from "../src/run.ts";

const template = new URL("../../foundry-broadcast-with-kms/template.yml", import.meta.url);

/** A core config as a product writes it: messages from all others, two of three validators. */
export function configOf(owner: Address, others: readonly string[], threshold = 2) {
  const route = multisig(threshold);
  const price = { gasPrice: "1000", tokenExchangeRate: "10000000000", tokenDecimals: 18 };
  return {
    owner,
    defaultIsm: {
      type: "domainRoutingIsm",
      owner,
      domains: Object.fromEntries(others.map((name) => [name, route])),
    },
    defaultHook: {
      type: "interchainGasPaymaster",
      ...{ owner, beneficiary: owner, oracleKey: owner },
      overhead: Object.fromEntries(others.map((name) => [name, 150_000])),
      oracleConfig: Object.fromEntries(others.map((name) => [name, price])),
    },
    requiredHook: {
      type: "aggregationHook",
      hooks: [
        { type: "merkleTreeHook" },
        {
          type: "protocolFee",
          ...{ owner, beneficiary: owner, maxProtocolFee: "1000000000000000", protocolFee: "7" },
        },
      ],
    },
    proxyAdmin: { owner },
  };
}

/** Whoever owns what is deployed, where it is not the signer. */
export const SAFE = account(2);

/** Chains, a KMS key and a product's folder, and runs of the action in it. */
export async function openStage(options: ChainOptions[]) {
  const world = await startWorld({ chains: options, aws: {} });
  const { aws } = world;
  const chains: Chain[] = [...world.chains];
  const { outputs } = await aws.deployTemplate(await readFile(template, "utf8"), {
    ...{ Name: "nexus-hyperlane", Prefix: "hyperlane" },
    Signers: "arn:aws:iam::123456789012:role/nexus-prod-hyperlane",
  });
  const { KeyArn = "", State = "" } = outputs;
  Object.assign(process.env, { AWS_ENDPOINT_URL: aws.url, ...aws.environment(aws.admin) });
  const sender = (await aws.addressOf(KeyArn)) as Address;
  for (const chain of chains) await chain.setBalance(sender, 10n ** 21n);
  const product = join(world.dir, "product");

  let runs = 0;
  const inputs = (over: Partial<Inputs>): Inputs => ({
    mode: "plan",
    ...{ environment: "production", repository: "acme/nexus", commit: null, run: `run ${runs}` },
    ...{ registry: join(product, "registry"), configs: join(product, "configs"), chains: [] },
    agentConfig: join(product, "agent-config.json"),
    ...{ sender, rpcUrls: chains.map(({ name, url }) => ({ name, value: url })) },
    ...{ validators: [], relayers: [], instantFinality: chains.map(({ name }) => name) },
    ...{
      allowFewValidators: [],
      allowLowThreshold: [],
      allowUnsigned: [],
      allowSharedKeys: [],
      allowNoMerkleTree: [],
    },
    ...{ allowOneOperator: [], allowOnePlace: [] },
    ...{ plan: join(product, "plan"), result: join(product, "result"), artifact: undefined },
    ...{ region: aws.region, key: KeyArn, state: State, budget: [], fees: [], quorum: [] },
    ...{ window: 64, redeploy: [], deadline: 600_000 },
    ...over,
  });
  const planned = (over: Partial<Inputs> = {}, context = contextForTests()) =>
    run(inputs(over), context);
  const applied = (digest: unknown, over: Partial<Inputs> = {}, context = contextForTests()) => {
    runs += 1;
    return run(inputs({ mode: "apply", planDigest: String(digest), ...over }), context);
  };
  /** Plans and applies, and takes the result over into the product's registry. */
  const brought = async (over: Partial<Inputs> = {}) => {
    const { outputs } = await planned(over);
    const report = await applied(outputs["plan-digest"], over);
    await takeOver(product, chains);
    return { ...report, planned: outputs };
  };
  const write = async (configs: Record<string, object>) => {
    for (const chain of chains) {
      const place = join(product, "registry/chains", chain.name);
      await mkdir(place, { recursive: true });
      await writeFile(join(place, "metadata.yaml"), stringify(chain.metadata()));
    }
    await mkdir(join(product, "configs"), { recursive: true });
    for (const [name, config] of Object.entries(configs)) {
      await writeFile(join(product, `configs/${name}.yaml`), stringify(config));
    }
  };
  return {
    ...{ world, aws, chains, sender, product, key: KeyArn, state: State, inputs },
    ...{ planned, applied, brought, write },
    takeOver: () => takeOver(product, chains),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

export type Stage = Awaited<ReturnType<typeof openStage>>;

/** As a person does it who commits the result. */
async function takeOver(product: string, chains: readonly Chain[]): Promise<void> {
  for (const { name } of chains) {
    const file = join("registry/chains", name, "addresses.yaml");
    const text = await readFile(join(product, "result", file), "utf8").catch(() => undefined);
    if (text !== undefined) await writeFile(join(product, file), text);
  }
  await cp(join(product, "result/agent-config.json"), join(product, "agent-config.json"));
}
