import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { contextForTests } from "@playbook/action/testing";
import type { Address } from "@playbook/evm";
import { addressesText } from "@playbook/hyperlane";
import type { ChainOptions } from "@playbook/world";
import { stringify } from "yaml";
import { openNetwork } from "../../../packages/hyperlane/test/network.ts";
import type { Site } from "../../../packages/hyperlane/test/site.ts";
import { type Inputs, run } from "../src/run.ts";

/** Chains with validators that sign, a key that sends, a registry, and runs of the action on it. */
export async function openStage(
  ids: number[],
  options: { mining?: NonNullable<ChainOptions["mining"]> } = {},
) {
  await using cleanup = new AsyncDisposableStack();
  const network = cleanup.use(await openNetwork(ids, options));
  const { aws, sites, world } = network;
  const key = await aws.createKey();
  for (const { chain } of sites) await chain.setBalance(key.address, 10n ** 18n);
  Object.assign(process.env, { AWS_ENDPOINT_URL: aws.url, ...aws.environment(aws.admin) });
  const product = join(world.dir, "product");
  for (const site of sites) await writeEntry(join(product, "registry/chains"), site);
  await mkdir(join(product, "configs"), { recursive: true });
  for (const [name, config] of Object.entries(network.configs)) {
    await writeFile(join(product, `configs/${name}.yaml`), stringify(config));
  }

  const inputs = (over: Partial<Inputs>): Inputs => ({
    ...{ mode: "watch", registry: join(product, "registry"), configs: undefined, chains: [] },
    ...{
      routes: [],
      rpcUrls: sites.map(({ chain }) => ({ name: chain.name, value: chain.url })),
      quorum: [],
    },
    ...{ relayers: [], least: [], patience: 240_000, role: undefined, region: aws.region },
    ...{ key: key.id, result: join(product, "result"), run: "run 1" },
    ...{ agents: undefined, agentsArtifact: undefined, agentsDigest: undefined },
    ...{ artifact: undefined, artifactDigest: undefined, resultArtifact: undefined },
    ...over,
  });
  const check = (over: Partial<Inputs> = {}, context = contextForTests()) =>
    run(inputs(over), context);
  const parts = cleanup.move();
  return {
    ...{ network, aws, sites, product, key, check, sender: key.address as Address },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

export type Stage = Awaited<ReturnType<typeof openStage>>;

async function writeEntry(folder: string, { chain, addresses }: Site): Promise<void> {
  const place = join(folder, chain.name);
  await mkdir(place, { recursive: true });
  await writeFile(join(place, "metadata.yaml"), stringify(chain.metadata()));
  await writeFile(join(place, "addresses.yaml"), addressesText(addresses));
}

const DAY_MS = 86_400_000;

/** A context in which time passes only once something is so, and then at once. */
export function withPatienceUntil(isSo: () => Promise<boolean>) {
  const begun = Date.now();
  let days = 0;
  const now = () => begun + days * DAY_MS;
  const wait = async (ms: number, signal?: AbortSignal) => {
    await sleep(Math.min(ms, 100), undefined, { signal });
    if (await isSo()) days += 1;
  };
  return contextForTests({ clock: { now, sleep: wait } });
}
