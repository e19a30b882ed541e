import type { Address } from "@playbook/evm";
import {
  type Aws,
  type Chain,
  type ChainOptions,
  type HyperlaneValidator,
  startHyperlaneValidator,
  startWorld,
  until,
} from "@playbook/world";
import { apply, contractOf, planned, type Site, signerOf, siteOn, wished } from "./site.ts";

/** A validator of the tests: its key, its bucket, and the process that signs. */
export type Signing = { address: Address; bucket: string; process: HyperlaneValidator };

/** Chains with a core of ours on each, and validators that sign each one's messages. */
export async function openNetwork(
  ids: number[],
  { threshold = 2, mining = "auto" }: { threshold?: number; mining?: ChainOptions["mining"] } = {},
) {
  await using cleanup = new AsyncDisposableStack();
  const world = cleanup.use(
    await startWorld({ chains: ids.map((id) => ({ id, mining })), aws: {} }),
  );
  const sites = await Promise.all(world.chains.map((chain: Chain) => siteOn(chain)));
  const { aws } = world;
  const plans = await Promise.all(sites.map(({ chain }) => threeOf(aws, chain)));
  const domains = Object.fromEntries(sites.map(({ chain }) => [chain.name, chain.id]));
  const configs = sites.map((site, at) => {
    const routes = sites.flatMap(({ chain }, other) =>
      other === at ? [] : [[chain.name, setOf(plans[other] ?? [], threshold)]],
    );
    return configOf(signerOf(site), Object.fromEntries(routes));
  });
  await Promise.all(
    sites.map(async (site, at) => {
      await apply(site, await planned(site, wished(site, configs[at] ?? {}, domains)));
    }),
  );
  const validators = await Promise.all(
    sites.map(async (site, at) => {
      const all = (plans[at] ?? []).map((one) => startSigning(aws, site, one));
      const started = await Promise.all(all);
      for (const { process } of started) cleanup.use(process);
      return started;
    }),
  );
  const parts = cleanup.move();
  return {
    ...{ world, aws, sites, validators, domains },
    configs: Object.fromEntries(sites.map(({ chain }, at) => [chain.name, configs[at]])),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

export type Network = Awaited<ReturnType<typeof openNetwork>>;

type Planned = { key: string; address: Address; bucket: string };

/** A validator of a chain, at work. */
export async function startSigning(
  aws: Aws,
  { chain, addresses }: Site,
  { key, address, bucket }: Planned,
): Promise<Signing> {
  const options = { chain, addresses, aws, key, bucket: { name: bucket } };
  return { address, bucket, process: await startHyperlaneValidator(options) };
}

/** Keys, with coins to announce them, and buckets that anybody may read. */
export function threeOf(aws: Aws, chain: Chain, numbers = [1, 2, 3]): Promise<Planned[]> {
  return Promise.all(
    numbers.map(async (number) => {
      const { id, address } = await aws.createKey();
      const bucket = `${chain.name}-validator-${number}`;
      await aws.createBucket(bucket, { policy: readableBucket(bucket), versioned: true });
      await chain.setBalance(address, 10n ** 18n);
      return { key: id, address: address as Address, bucket };
    }),
  );
}

/** What lets anybody read a bucket, and be told what is not there. */
export function readableBucket(bucket: string) {
  const arn = `arn:aws:s3:::${bucket}`;
  const anybody = { Effect: "Allow" as const, Principal: "*" };
  return {
    Version: "2012-10-17" as const,
    Statement: [
      { ...anybody, Action: "s3:GetObject", Resource: `${arn}/*` },
      { ...anybody, Action: "s3:ListBucket", Resource: arn },
    ],
  };
}

export function setOf(all: Pick<Planned, "address">[], threshold: number) {
  const validators = all
    .map(({ address }) => address)
    .toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
  return { type: "messageIdMultisigIsm", validators, threshold };
}

export function configOf(owner: Address, domains: Record<string, object>) {
  return {
    owner,
    defaultIsm: { type: "domainRoutingIsm", owner, domains },
    // As the CLI's own: the official relayer looks for the tree in the default hook alone.
    defaultHook: { type: "merkleTreeHook" },
    requiredHook: {
      type: "protocolFee",
      ...{ owner, beneficiary: owner, maxProtocolFee: "10", protocolFee: "0" },
    },
    proxyAdmin: { owner },
  };
}

/**
 * The text of a bucket's checkpoint of this index; undefined until its validator says that it is so
 * far, which it does after it has written it.
 */
export async function signedIn(aws: Aws, bucket: string, index: number) {
  const latest = await fetch(`${aws.url}/${bucket}/checkpoint_latest_index.json`);
  if (!latest.ok || Number(await latest.text()) < index) return undefined;
  const reply = await fetch(`${aws.url}/${bucket}/checkpoint_${index}_with_id.json`);
  return reply.ok ? reply.text() : undefined;
}

/** Waits until a bucket has the checkpoint of this index, and gives its text. */
export function checkpoint(aws: Aws, bucket: string, index: number): Promise<string> {
  return until(() => signedIn(aws, bucket, index));
}

export async function isDelivered(site: Site, id: string): Promise<boolean> {
  return contractOf(site, "mailbox", "Mailbox").getFunction("delivered").staticCall(id);
}
