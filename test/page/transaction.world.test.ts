import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startIpfs, startOriginalGraphNode, startWorld } from "@playbook/world";
import { Wallet } from "ethers";
import { ETHER, LiveNexus } from "../products/live-nexus.ts";
import { builtSubgraph, contractsOf, pinSubgraph } from "../products/live-subgraph.ts";
import { Api } from "../world/test/graph/api.ts";
import { openStand, releaseOf, type Site, type Stand } from "./stand.ts";
import { giveWallet } from "./wallet.ts";

const GRAPH = "graph.nexus.example";

/**
 * By time: an anvil that mines at once now and then leaves a transaction of forge's where it is.
 */
const mining = { everySeconds: 1 } as const;
const CHAINS = [
  { id: 10012, name: "alpha", mining },
  { id: 43113, name: "beta", mining },
  { id: 5, name: "gamma", fees: "legacy", mining },
] as const;

const user = Wallet.createRandom().address.toLowerCase();
const recipient = Wallet.createRandom().address.toLowerCase();

const parts = new AsyncDisposableStack();
let stand: Stand;
let site: Site;
let live: LiveNexus;

/** Contracts, their index, and the page that was told of both. */
beforeAll(async () => {
  stand = parts.use(await openStand());
  const world = parts.use(await startWorld({ chains: CHAINS }));
  live = await LiveNexus.install(world.chains, world.dir);
  await live.release(Wallet.createRandom().address.toLowerCase());
  await live.chain("alpha").setBalance(user, ETHER);

  const ipfs = parts.use(await startIpfs());
  const [chain] = world.chains;
  const node = parts.use(await startOriginalGraphNode({ ipfs, chain }));
  const contracts = await contractsOf(live, "alpha");
  const build = await builtSubgraph(join(world.dir, "subgraph"), "alpha", contracts);
  await new Api(node).deploy("nexus", await pinSubgraph(build, ipfs.url));
  stand.browser.lead(GRAPH, node.queryUrl);

  site = await stand.site();
  const manifest = join(world.dir, "deployments.json");
  await writeFile(manifest, JSON.stringify(await deployments()));
  const config = { environment: "production", subgraph: `https://${GRAPH}/subgraphs/name/nexus` };
  await site.step(releaseOf("v1", { ...stand.releases.v1, config }, { manifest }));
}, 1_200_000);
afterAll(() => parts.disposeAsync());

/** What `release-contracts` writes of a release. */
async function deployments() {
  const chains = ["alpha", "beta", "gamma"] as const;
  const told = chains.map(async (name) => {
    const { nexus } = await live.addresses(name);
    const contracts = [{ name: "Nexus", address: nexus, release: "v1" }];
    return [name, { chainId: live.chain(name).id, contracts }] as const;
  });
  return {
    ...{ format: "playbook.deployments", version: 1, index: 0, previous: null, writer: "w" },
    environment: "production",
    chains: Object.fromEntries(await Promise.all(told)),
  };
}

/** Opens the form with a wallet on a chain, fills it in and sends it. */
async function send(chain: "alpha" | "beta") {
  const tab = await stand.browser.open();
  await giveWallet(tab, live.chain(chain), user);
  await tab.page.goto(`${site.address}/send`);
  await tab.page.getByLabel("To chain").selectOption("43113");
  await tab.page.getByLabel("Recipient").fill(recipient);
  await tab.page.getByLabel("Amount").fill("0.25");
  await tab.page.getByRole("button", { name: "Send" }).click();
  return tab;
}

test("a page shows, from the index, what was sent by a transaction of its own", async () => {
  await using tab = await send("alpha");

  const hash = await tab.page.locator("[data-sent]").getAttribute("data-sent");
  await tab.page.getByRole("link", { name: "Transfers" }).click();
  const row = tab.page.locator(`[data-transaction="${hash}"]`);
  await row.waitFor();

  expect(await row.locator("td").allTextContents()).toEqual(["0", "beta", recipient, "0.25"]);
  expect(await live.chain("alpha").send("eth_getTransactionByHash", [hash])).toMatchObject({
    from: user,
    value: `0x${(ETHER / 4n).toString(16)}`,
  });
  const answers = (await tab.requests()).filter(({ url }) => url.includes(GRAPH));
  expect(answers.length).toBeGreaterThan(0);
  expect(tab.complaints()).toEqual([]);
});

test("nothing is sent by a wallet that is on another chain", async () => {
  await using tab = await send("beta");

  await tab.page.getByRole("alert").waitFor();

  expect(await tab.page.getByRole("alert").textContent()).toContain("Unrecognized chain");
  expect(await live.chain("beta").nonce(user)).toBe(0);
});
