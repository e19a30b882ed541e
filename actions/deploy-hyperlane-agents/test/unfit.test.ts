import { unfit, versionOf } from "../src/unfit.ts";

const IMAGE = "registry.example/hyperlane-agent";
const agent = (key = "eu-west-1", bucket = key) => ({
  name: "validator-axon-one",
  needs: {
    ...{ key: { id: "key", region: key }, bucket: { name: "checkpoints", region: bucket } },
    ...{ rpcSecret: "rpc", chains: ["axon"], paysOn: [] },
  },
});
const told = (chains: object = { axon: { chainId: 2022 } }) => JSON.stringify({ chains });

const found = (image: string, one = agent(), text = told()) =>
  unfit(one, text, `${IMAGE}:${image}`).map(({ code, level, why }) => ({ code, level, why }));

test.each([
  ["agents-v1.5.0", "1.5.0"],
  ["agents-v2.3.0-own@sha256:00", "2.3.0"],
  ["1.5.0", undefined],
  ["main", undefined],
])("an image %s is of release %s", (tag, version) => {
  expect(versionOf(`${IMAGE}:${tag}`)).toBe(version);
});

test("regions that came after it are not known to an old release, and the newest takes any", () => {
  const away = agent("eu-central-2", "il-central-1");
  expect(found("agents-v2.2.0", away)).toMatchObject([
    { code: "unknown-region", level: "error", why: expect.stringContaining("eu-central-2") },
    { code: "unknown-region", level: "error", why: expect.stringContaining("il-central-1") },
  ]);
  expect(found("agents-v2.2.0")).toEqual([]);
  expect(found("agents-v2.3.0", away)).toEqual([]);
  expect(found("main", away)).toEqual([]);
});

test("a chain that the release knows otherwise is in the way, and a warning where it is not sure", () => {
  const anvil = told({ anvil: { chainId: 5, domainId: 31337 } });
  expect(found("agents-v2.3.0", agent(), anvil)).toMatchObject([
    { code: "strange-chain", level: "error", why: expect.stringContaining("test4") },
  ]);
  expect(found("main", agent(), anvil)).toMatchObject([{ level: "warning" }]);
  expect(found("agents-v1.5.0", agent(), anvil)).toEqual([]);
  expect(found("agents-v2.3.0", agent(), told({ sepolia: { chainId: 11155111 } }))).toEqual([]);
});
