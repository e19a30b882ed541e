import { startWorld, type World } from "@playbook/world";
import { ETHER, LiveNexus, NATIVE } from "./live-nexus.ts";

const SAFE = "0x5aFE000000000000000000000000000000000001";
const USER = "0x00000000000000000000000000000000000a11ce";
const ADMIN_SLOT = "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103";

const [ADMIN, RELEASER, MESSENGER, NEXUS] = [0, 1, 2, 3];
const chains = ["alpha", "beta", "gamma"] as const;

let world: World;
let live: LiveNexus;

beforeAll(async () => {
  world = await startWorld({
    chains: [
      { id: 10012, name: "alpha", mining: { everySeconds: 1 } },
      { id: 43113, name: "beta" },
      { id: 5, name: "gamma", fees: "legacy" },
    ],
  });
  for (const chain of world.chains) {
    for (const account of [USER, SAFE]) await chain.setBalance(account, 100n * ETHER);
  }
  live = await LiveNexus.install(world.chains, world.dir);
  await live.release(SAFE);
}, 180_000);

afterAll(() => world?.[Symbol.asyncDispose]());

test("a release is 57 transactions on three chains", () => {
  expect(live.sent).toMatchObject({
    "01_Core": { alpha: 8, beta: 8, gamma: 8 },
    "02_Liquidity": { alpha: 4 },
    "03_Configure": { alpha: 11, beta: 9, gamma: 9 },
  });
});

test("the library and the mirrors' code have one address on all chains", async () => {
  const libraries = await Promise.all(chains.map((chain) => live.library(chain)));
  expect(new Set(libraries).size).toBe(1);
  expect(libraries[0]).toMatch(/^src\/RateLimit.sol:RateLimit:0x/);

  const files = await Promise.all(chains.map((chain) => live.addresses(chain)));
  expect(new Set(files.map(({ mirrorToken }) => mirrorToken)).size).toBe(1);
});

test.each(chains)(
  "on %s the Safe is the admin, and the deployer may only release",
  async (chain) => {
    const { manager, nexus, vortex } = await live.addresses(chain);
    const has = (role: number | undefined, account: string | undefined) =>
      live.read(chain, "manager", "hasRole(uint64, address) view returns (bool)", role, account);

    expect(await has(ADMIN, SAFE)).toBe(true);
    expect(await has(ADMIN, live.deployer.address)).toBe(false);
    expect(await has(RELEASER, live.deployer.address)).toBe(true);
    expect(await has(MESSENGER, live.deployer.address)).toBe(false);
    expect(await has(NEXUS, nexus)).toBe(true);

    const ask = [vortex, ADMIN_SLOT, "latest"];
    const word = await live.chain(chain).send<string>("eth_getStorageAt", ask);
    const proxyAdmin = `0x${word.slice(-40)}`;
    expect(await live.read(chain, proxyAdmin, "owner() view returns (address)")).toBe(manager);
  },
);

test.each([
  { chain: "alpha", funding: 1n, limit: 1000n },
  { chain: "beta", funding: 2n, limit: 250n },
  { chain: "gamma", funding: 3n, limit: 50n },
] as const)("the reserve of $chain is funded and limited", async ({ chain, funding, limit }) => {
  expect(await reserve(chain)).toBe(funding * ETHER);
  expect(await limitOf(chain)).toBe(limit * ETHER);
});

test("the pools of alpha belong to the Safe and trade the two mirrors", async () => {
  const { mirrorOfBeta, mirrorOfGamma, pool } = await live.addresses("alpha");
  const getPair = "getPair(address, address) view returns (address)";
  const setter = "feeToSetter() view returns (address)";

  expect(await live.read("alpha", "poolFactory", setter)).toBe(SAFE);
  expect(await live.read("alpha", "poolFactory", getPair, mirrorOfBeta, mirrorOfGamma)).toBe(pool);
});

test("coins of beta circulate on alpha as a mirror token, once, and come back", async () => {
  const { mirrorOfBeta = "" } = await live.addresses("alpha");

  const out = await live.send("beta", "alpha", USER, NATIVE, 5n * ETHER);
  await live.deliver("alpha", out);
  expect(await mirrored()).toBe(5n * ETHER);
  await expect(live.deliver("alpha", out)).rejects.toThrow("AlreadyDelivered");

  const back = await live.send("alpha", "beta", USER, mirrorOfBeta, 2n * ETHER);
  await live.deliver("beta", back);
  expect(await mirrored()).toBe(3n * ETHER);
  expect(await reserve("beta")).toBe(5n * ETHER);
});

test("the second version keeps what the proxies hold", async () => {
  await live.broadcast("04_UpgradeV2", "alpha");
  await live.broadcast("04_UpgradeV2", "beta");
  await live.broadcast("04_UpgradeV2", "gamma", ["--legacy"]);
  expect(live.sent["04_UpgradeV2"]).toEqual({ alpha: 4, beta: 4, gamma: 4 });

  const { nexus: hub } = await live.addresses("alpha");
  for (const chain of ["beta", "gamma"] as const) {
    const peer = await live.read(chain, "nexus", "peerOf(uint256) view returns (address)", 10012);
    expect(peer).toBe(hub);
    expect(await live.read(chain, "nexus", "version() view returns (uint256)")).toBe(2n);
    expect(await live.read(chain, "vortex", "floor() view returns (uint256)")).toBe(ETHER / 10n);
  }
  expect(await live.read("beta", "nexus", "nonce() view returns (uint256)")).toBe(1n);
  expect(await limitOf("beta")).toBe(250n * ETHER);
  expect(await mirrored()).toBe(3n * ETHER);
});

test("with the second version the Safe closes a route, and nobody else does", async () => {
  const close = [10012, true];
  const user = live.callNexus("beta", USER, "setRoute", close);
  await expect(user).rejects.toThrow("AccessManagedUnauthorized");

  await live.callNexus("beta", SAFE, "setRoute", close);
  const late = live.send("beta", "alpha", USER, NATIVE, ETHER);
  await expect(late).rejects.toThrow("RouteClosed");
});

async function reserve(chain: (typeof chains)[number]): Promise<bigint> {
  const { vortex } = await live.addresses(chain);
  return BigInt(await live.chain(chain).send<string>("eth_getBalance", [vortex, "latest"]));
}

function limitOf(chain: (typeof chains)[number]): Promise<bigint> {
  return live.read(chain, "vortex", "limitOf(address) view returns (uint256)", NATIVE);
}

function mirrored(): Promise<bigint> {
  return live.read("alpha", "mirrorOfBeta", "balanceOf(address) view returns (uint256)", USER);
}
