import { join } from "node:path";
import { startIpfs, startWorld } from "@playbook/world";
import { Wallet } from "ethers";
import { ETHER, LiveNexus, NATIVE } from "../../../products/live-nexus.ts";
import { builtSubgraph, contractsOf, pinSubgraph } from "../../../products/live-subgraph.ts";
import { Api } from "./api.ts";
import { starts } from "./place.ts";

const chains = [
  { id: 10012, name: "alpha" },
  { id: 43113, name: "beta" },
  { id: 5, name: "gamma", fees: "legacy" },
] as const;

describe.each(Object.entries(starts))("%s", (_, start) => {
  const parts = new AsyncDisposableStack();
  const user = Wallet.createRandom().address.toLowerCase();
  let live: LiveNexus;
  let api: Api;
  let hash: string;

  beforeAll(async () => {
    const world = parts.use(await startWorld({ chains }));
    const ipfs = parts.use(await startIpfs({ dir: world.dir }));
    live = await LiveNexus.install(world.chains, world.dir);
    await live.release(user);

    const [chain] = world.chains;
    api = new Api(parts.use(await start({ ipfs, chain })));
    const contracts = await contractsOf(live, "alpha");
    const build = await builtSubgraph(join(world.dir, "subgraph"), "alpha", contracts);
    hash = await pinSubgraph(build, ipfs.url);
    await api.deploy("nexus", hash);
    await synced();
  }, 480_000);
  afterAll(() => parts.disposeAsync());

  async function synced(): Promise<void> {
    await api.atBlock(hash, await live.chain("alpha").height());
  }

  test("the product's mappings ran over what the release's transactions logged", async () => {
    const { data } = await api.byName(
      "nexus",
      `{
        peers(orderBy: id) { id nexus }
        mirrors(orderBy: symbol) { id name symbol decimals supply asset { home token mirror { id } } }
        reserves { id limit released releases { amount } }
      }`,
    );

    const [beta, gamma] = await Promise.all([live.addresses("beta"), live.addresses("gamma")]);
    expect(data.peers).toEqual([
      { id: "43113", nexus: beta.nexus?.toLowerCase() },
      { id: "5", nexus: gamma.nexus?.toLowerCase() },
    ]);
    expect(data.mirrors).toHaveLength(2);
    for (const mirror of data.mirrors) {
      expect(mirror).toMatchObject({
        decimals: 18,
        supply: "0",
        asset: { mirror: { id: mirror.id } },
      });
      expect(mirror.symbol).toMatch(/^ETH\./);
    }
    const limit = String(1000n * ETHER);
    expect(data.reserves).toEqual([
      { id: NATIVE.toLowerCase(), limit, released: "0", releases: [] },
    ]);
  });

  test("what is sent is there a moment later, with the asset that it belongs to", async () => {
    const alpha = live.chain("alpha");
    await alpha.setBalance(user, 10n * ETHER);
    await live.send("alpha", "beta", user, NATIVE, ETHER);
    await live.send("alpha", "gamma", user, NATIVE, 2n * ETHER);
    await synced();

    const { data } = await api.byName(
      "nexus",
      `{
        transfers(orderBy: amount, orderDirection: desc) { destination amount recipient asset { token } }
        assets(where: { transferCount_gt: 0 }) { home sent transferCount transfers(first: 1) { nonce } }
        _meta { deployment hasIndexingErrors block { number } }
      }`,
    );

    const asset = { token: NATIVE.toLowerCase() };
    expect(data.transfers).toEqual([
      { destination: "5", amount: String(2n * ETHER), recipient: user, asset },
      { destination: "43113", amount: String(ETHER), recipient: user, asset },
    ]);
    expect(data.assets).toEqual([
      { home: "10012", sent: String(3n * ETHER), transferCount: 2, transfers: [expect.anything()] },
    ]);
    const block = { number: await alpha.height() };
    expect(data._meta).toEqual({ deployment: hash, hasIndexingErrors: false, block });
  });

  test("a contract that a mapping found is watched from its first block on", async () => {
    await live.chain("beta").setBalance(user, 10n * ETHER);
    const sent = await live.send("beta", "alpha", user, NATIVE, ETHER / 4n);
    await live.deliver("alpha", sent);
    await synced();

    const { data } = await api.byName(
      "nexus",
      "{ mirrors(where: { supply_gt: 0 }) { symbol supply } deliveries { block } }",
    );

    expect(data).toEqual({
      mirrors: [{ symbol: "ETH.beta", supply: "0.25" }],
      deliveries: [{ block: String(await live.chain("alpha").height()) }],
    });
  });

  test("an earlier block is asked for as it was then", async () => {
    const { data } = await api.byName(
      "nexus",
      "{ before: transfers(block: { number: 1 }) { id } now: transfers { id } }",
    );

    expect(data.before).toEqual([]);
    expect(data.now).not.toEqual([]);
  });

  test("blocks that the chain gave up take their entities with them", async () => {
    const alpha = live.chain("alpha");
    await live.send("alpha", "beta", user, NATIVE, 7n);
    await synced();
    const seven = "{ transfers(where: { amount: 7 }) { amount } }";
    expect((await api.byName("nexus", seven)).data.transfers).toHaveLength(1);

    await alpha.reorg(1);
    await alpha.mine(2);
    await synced();

    expect((await api.byName("nexus", seven)).data.transfers).toEqual([]);
  });
});
