import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { RELEASE_FILE, readSources } from "../src/index.ts";
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

const metadata = (name: string, chainId: number) =>
  write(`registry/chains/${name}/metadata.yaml`, {
    ...{ name, chainId, protocol: "ethereum", rpcUrls: [{ http: "https://node.example" }] },
  });

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
