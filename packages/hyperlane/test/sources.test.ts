import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { RELEASE_FILE, readRegistry, readSources } from "../src/index.ts";
import { configOf } from "./network.ts";
import { account } from "./wishes.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hyperlane-sources-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(path: string, content: object): Promise<void> {
  await mkdir(join(folder, path, ".."), { recursive: true });
  await writeFile(join(folder, path), stringify(content));
}

const metadata = (name: string, chainId: number, over: object = {}) =>
  write(`registry/chains/${name}/metadata.yaml`, {
    ...{ name, chainId, protocol: "ethereum", rpcUrls: [{ http: "https://node.example" }] },
    ...over,
  });

/** Chains of other kinds, with what the official registry has of them that no EVM chain has. */
async function foreigners(): Promise<void> {
  const solana = { protocol: "sealevel", domainId: 1399811149 };
  await metadata("solanamainnet", 1399811149, solana);
  const gasPrice = { amount: "0.002", denom: "utia" };
  await metadata("celestia", 0, {
    ...{ protocol: "cosmosnative", chainId: "celestia", domainId: 1128614981, gasPrice },
    transactionOverrides: { gasPrice: "0.002" },
  });
  const starknet = { protocol: "starknet", chainId: "0x534e5f4d41494e", domainId: 358974494 };
  await metadata("starknet", 0, starknet);
  await write("registry/chains/celestia/addresses.yaml", { mailbox: `0x68${"0".repeat(62)}` });
  await write("registry/chains/solanamainnet/addresses.yaml", { mailbox: "E588QtVUvresuXq2Ko" });
}

const foreignDomains = { solanamainnet: 1399811149, celestia: 1128614981, starknet: 358974494 };

const config = configOf(account(1), {});

const read = (chains: string[] = [], configs = "configs") =>
  readSources({ registry: join(folder, "registry"), configs: join(folder, configs), chains });

test("chains with a config of their own are meant, and all others have domains", async () => {
  await metadata("alpha", 5);
  await metadata("beta", 10012);
  await write("registry/chains/alpha/addresses.yaml", { mailbox: account(3) });
  await write("configs/alpha.yaml", config);

  const { all, domains } = await read();

  expect(all).toMatchObject([{ chain: { name: "alpha" }, known: { mailbox: account(3) } }]);
  expect(domains).toEqual({ alpha: 5, beta: 10012 });
});

test("what a release knew is beside its configs: others' domains, and who waits for an owner", async () => {
  await metadata("alpha", 5);
  await write("configs/alpha.yaml", config);
  const path = join(folder, "configs", RELEASE_FILE);
  await writeFile(path, JSON.stringify({ domains: { beta: 10012 }, waiting: ["alpha"] }));

  const { domains, waiting } = await read();
  expect({ domains, waiting }).toEqual({
    ...{ domains: { alpha: 5, beta: 10012 }, waiting: ["alpha"] },
  });

  await writeFile(path, '{"domains": {"beta": "far"}}');
  await expect(read()).rejects.toMatchObject({ code: "bad-registry" });
});

test("one config is for all chains of the registry", async () => {
  await metadata("alpha", 5);
  await metadata("beta", 10012);
  await write("core.yaml", config);

  const { all } = await read([], "core.yaml");

  expect(all.map(({ chain, known }) => [chain.name, known])).toEqual([
    ["alpha", {}],
    ["beta", {}],
  ]);
});

test("chains of other kinds have domains that configs may name, and nothing more", async () => {
  await foreigners();
  await metadata("alpha", 5);
  await mkdir(join(folder, "registry/chains/logos"), { recursive: true });
  await write("core.yaml", config);
  await write("configs/alpha.yaml", config);
  const registry = join(folder, "registry");

  const expected = { alpha: 5, ...foreignDomains };
  for (const sources of [await read(), await read(["alpha"]), await read([], "core.yaml")]) {
    expect(sources.all.map(({ chain }) => chain.name)).toEqual(["alpha"]);
    expect(sources).toMatchObject({ domains: expected, left: [] });
  }
  const { listed, domains } = await readRegistry({ registry, chains: [] });
  expect({ names: listed.map(({ chain }) => chain.name), domains }).toEqual({
    ...{ names: ["alpha"], domains: expected },
  });
});

test("a chain id that no message can carry needs a domain id beside it", async () => {
  await write("configs/alpha.yaml", config);
  await metadata("alpha", 2 ** 32);
  await expect(read()).rejects.toMatchObject({
    code: "bad-registry",
    why: "Its chain id 4294967296 is too big for a domain id: add a domainId.",
  });
  await metadata("alpha", 2 ** 32, { domainId: 2 ** 32 });
  await expect(read()).rejects.toMatchObject({
    code: "bad-chains",
    why: expect.stringContaining("alpha: domainId"),
  });
  await metadata("alpha", 2 ** 32, { domainId: 5 });
  expect(await read()).toMatchObject({ domains: { alpha: 5 } });
});

test("a chain of another kind that is asked for is refused by what it is", async () => {
  await foreigners();
  await write("configs/celestia.yaml", config);

  for (const chains of [[], ["celestia"]]) {
    await expect(read(chains)).rejects.toMatchObject({
      code: "bad-chains",
      why: expect.stringContaining("celestia has protocol cosmosnative"),
    });
  }
});

test("what is wrong with a chain that nothing is wanted of keeps nobody up", async () => {
  await metadata("alpha", 5);
  await metadata("beta", 7, { transactionOverrides: { gasPrice: "0xdeadbeef" }, rpcUrls: [] });
  await write("registry/chains/beta/addresses.yaml", { mailbox: "0x12" });
  await write("configs/alpha.yaml", config);

  expect(await read()).toMatchObject({ domains: { alpha: 5, beta: 7 }, left: ["beta"] });
  await expect(read(["beta"])).rejects.toMatchObject({ code: "bad-chains" });
});

test.each([
  ["of their own", { domainId: 5 }],
  ["that is a chain id", { chainId: 5 }],
])("two chains with one domain id %s are refused", async (_, over) => {
  await metadata("alpha", 5);
  await metadata("beta", 7, over);
  await write("configs/alpha.yaml", config);

  await expect(read()).rejects.toMatchObject({
    code: "bad-registry",
    what: expect.stringContaining("alpha and beta have the same domain id"),
  });
});

test("a folder that is a copy of another's is refused", async () => {
  await metadata("alpha", 5);
  await metadata("beta", 7, { name: "alpha" });
  await write("core.yaml", config);

  await expect(read([], "core.yaml")).rejects.toMatchObject({
    code: "bad-registry",
    why: "It is in the folder of beta, and its name is alpha.",
  });
});

test("a chain that is named twice is meant once", async () => {
  await metadata("alpha", 5);
  await write("configs/alpha.yaml", config);

  expect((await read(["alpha", "alpha"])).all).toHaveLength(1);
});

test("files among the configs that are no chain's are told", async () => {
  await metadata("alpha", 5);
  for (const name of ["alpha.yaml", "alhpa.yaml", "alpha.yml"]) {
    await write(`configs/${name}`, config);
  }
  await writeFile(join(folder, "configs", RELEASE_FILE), '{"domains": {}, "waiting": []}');

  expect(await read()).toMatchObject({ nobodys: ["alhpa.yaml", "alpha.yml"] });
  expect(await read(["alpha"])).toMatchObject({ nobodys: [] });
});

test("a registry without a chain is none", async () => {
  await expect(read()).rejects.toMatchObject({ code: "no-registry" });
});

test("a chain without a config is named with the file that it lacks", async () => {
  await metadata("alpha", 5);

  await expect(read()).rejects.toMatchObject({ code: "no-core-config" });
  await expect(read(["alpha"])).rejects.toMatchObject({
    code: "no-core-config",
    what: expect.stringContaining("configs/alpha.yaml"),
  });
});

test("a chain that the registry does not have is named", async () => {
  await metadata("alpha", 5);
  await write("configs/alpha.yaml", config);

  await expect(read(["beta"])).rejects.toMatchObject({
    code: "unknown-chain",
    why: expect.stringContaining("alpha"),
  });
});
