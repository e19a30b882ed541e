import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSettings } from "../../src/hyperlane/agent-settings.ts";

const folder = mkdtempSync(join(tmpdir(), "agent-settings-"));
afterAll(() => rmSync(folder, { recursive: true }));

const CONFIG = {
  originChainName: "chain5",
  validator: { type: "aws", id: "key", region: "eu-west-1" },
  checkpointSyncer: { type: "s3", bucket: "b", region: "eu-west-1", folder: "a/c" },
  chains: {
    chain5: {
      ...{ name: "chain5", protocol: "ethereum", domainId: 5 },
      ...{ mailbox: "0x1", merkleTreeHook: "0x2", validatorAnnounce: "0x3" },
      ...{ interchainGasPaymaster: "0x4", index: { from: 7 } },
      ...{ rpcUrls: [{ http: "http://own" }], blocks: { reorgPeriod: 3, estimateBlockTime: 1 } },
    },
  },
};

function read(over: object = {}, env: Record<string, string> = {}, agent = "validator") {
  const file = join(folder, "agent.json");
  writeFileSync(file, JSON.stringify({ ...CONFIG, ...over }));
  return readSettings(agent, { CONFIG_FILES: file, ...env });
}

test("a validator is told everything by its file", () => {
  expect(read()).toEqual({
    metricsPort: 9090,
    db: "validator_db_chain5",
    relayed: [],
    validator: {
      ...{ chain: "chain5", domain: 5, mailbox: "0x1", merkleTreeHook: "0x2" },
      ...{ validatorAnnounce: "0x3", from: 7, reorgPeriod: 3, urls: ["http://own"] },
      key: { id: "key", region: "eu-west-1" },
      bucket: { name: "b", region: "eu-west-1", folder: "a/c" },
      intervalMs: 2000,
    },
  });
});

test("the environment comes after the files, by names without upper case", () => {
  const { validator, metricsPort } = read(
    {},
    {
      HYP_CHAINS_CHAIN5_CUSTOMRPCURLS: "http://one,http://two",
      HYP_CHAINS_CHAIN5_BLOCKS_REORGPERIOD: "finalized",
      HYP_INTERVAL: "1",
      HYP_METRICSPORT: "9191",
    },
  );
  expect(validator).toMatchObject({
    ...{ urls: ["http://one/", "http://two/"], reorgPeriod: "finalized", intervalMs: 1000 },
  });
  expect(metricsPort).toBe(9191);
});

test("URLs of the environment are read as browsers read them, and have to be some", () => {
  const urlsIn = (text: string) =>
    read({}, { HYP_CHAINS_CHAIN5_CUSTOMRPCURLS: text }).validator?.urls;
  expect(urlsIn(" http://one/x ,\nhttp://two/y\n")).toEqual(["http://one/x", "http://two/y"]);
  expect(urlsIn("http://one/x\nhttp://two/y\n")).toEqual(["http://one/xhttp://two/y"]);
  for (const text of ["", "http://one,", "one/x"])
    expect(() => urlsIn(text)).toThrow("customRpcUrls");
});

test.each([
  ["no origin", { originChainName: undefined }, "originchainname is missing"],
  ["an origin that is not there", { originChainName: "other" }, "chains.other is missing"],
  ["a key in a file", { validator: { type: "hexKey", key: "0x1" } }, "validator.type is not aws"],
  ["a folder for a bucket", { checkpointSyncer: { type: "localStorage" } }, "type is not s3"],
  ["no pause", { interval: 0 }, "interval must be greater than zero"],
])("%s is refused", (_, over, why) => {
  expect(() => read(over)).toThrow(why);
});

const chain5 = (over: object) => ({ chains: { chain5: { ...CONFIG.chains.chain5, ...over } } });

test.each<[string, object, string]>([
  ["the name of another", chain5({ name: "other" }), "chains.chain5.name is not chain5"],
  [
    "no paymaster",
    chain5({ interchainGasPaymaster: undefined }),
    "interchainGasPaymaster is missing",
  ],
  ["no URLs, whatever is in the environment", chain5({ rpcUrls: undefined }), "rpcUrls is missing"],
  ["no domain", chain5({ domainId: undefined }), "chainId is missing"],
  ["half of its blocks", chain5({ blocks: { reorgPeriod: 3 } }), "estimateBlockTime is missing"],
])("a chain with %s is refused", (_, over, why) => {
  expect(() => read(over, { HYP_CHAINS_CHAIN5_CUSTOMRPCURLS: "http://one" })).toThrow(why);
});

test("nothing need be told of a chain's blocks", () => {
  const { validator } = read(chain5({ blocks: undefined }));
  expect(validator).toMatchObject({ reorgPeriod: 1 });
});

test("a relayer is told its chains, and where they are", () => {
  const relayed = [{ name: "chain5", urls: ["http://one/"] }];
  const over = { originChainName: undefined, relayChains: "chain5" };
  const env = { HYP_CHAINS_CHAIN5_CUSTOMRPCURLS: "http://one" };
  expect(read(over, env, "relayer")).toEqual({ metricsPort: 9090, db: "hyperlane_db", relayed });
  expect(() => read({ relayChains: "other" }, {}, "relayer")).toThrow("chains.other is missing");
  expect(() => read({}, {}, "relayer")).toThrow("relaychains is missing");
});
