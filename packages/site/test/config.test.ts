import { configFile, configOf, readDeployments, readOwn } from "../src/config.ts";

const made = (name: string | null, address: string, release = "v1", left?: string) => {
  return { name, address, release, transaction: "0x", block: 1, ...(left && { left }) };
};

const manifest = (contracts: ReturnType<typeof made>[]) =>
  readDeployments(
    JSON.stringify({
      ...{ format: "playbook.deployments", version: 1, index: 0, previous: null, writer: "w" },
      ...{ environment: "production", release: "v1", commit: null, plan: "sha256:00" },
      chains: { sepolia: { chainId: 11155111, genesis: "0x", contracts } },
    }),
    "manifest.json",
  );

const contractsIn = (contracts: ReturnType<typeof made>[]) => {
  const { chains } = configOf(manifest(contracts), undefined) as {
    chains: { sepolia: { contracts: unknown } };
  };
  return chains.sepolia.contracts;
};

test("a page is told of chains and contracts by name", () => {
  expect(configOf(manifest([made("Vault", "0xa")]), undefined)).toEqual({
    environment: "production",
    chains: { sepolia: { chainId: 11155111, contracts: { Vault: "0xa" } } },
  });
});

test("of a name that several releases made the last one's counts, and two of one are told apart", () => {
  const all = [made("Vault", "0xa"), made("Vault", "0xb", "v2"), made("Vault", "0xc", "v2")];
  expect(contractsIn(all)).toEqual({ Vault: "0xb", "Vault#2": "0xc" });
});

test("what was left behind, or has no name, is for nobody", () => {
  const all = [made("Vault", "0xa"), made("Vault", "0xb", "v2", "failed"), made(null, "0xc")];
  expect(contractsIn(all)).toEqual({ Vault: "0xa" });
});

test("the product's own file is merged over it", () => {
  const own = readOwn(
    '{"subgraph":"https://g","chains":{"sepolia":{"rpc":"https://r"}}}',
    "c.json",
  );
  expect(configOf(manifest([made("Vault", "0xa")]), own)).toEqual({
    environment: "production",
    subgraph: "https://g",
    chains: { sepolia: { chainId: 11155111, contracts: { Vault: "0xa" }, rpc: "https://r" } },
  });
});

test("a member called __proto__ is a member like any other", () => {
  configOf(undefined, readOwn('{"__proto__":{"polluted":true}}', "c.json"));
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test("its file's name changes with what it says, and with nothing else", () => {
  const one = configFile({ a: 1, b: 2 });
  expect(one.path).toMatch(/^config\.[0-9a-f]{16}\.json$/);
  expect(configFile({ b: 2, a: 1 })).toEqual(one);
  expect(configFile({ a: 1, b: 3 }).path).not.toBe(one.path);
});

test.each([
  ["nothing", "what is no JSON"],
  ["{}", "what is no manifest"],
  ['{"format":"playbook.deployments","version":2}', "a later version"],
])("a manifest that is %s is refused: %s", (text) => {
  expect(() => readDeployments(text, "manifest.json")).toThrow(
    expect.objectContaining({ code: "config-unreadable" }),
  );
});

test("a configuration that is a list is refused", () => {
  expect(() => readOwn("[]", "c.json")).toThrow(
    expect.objectContaining({ code: "config-unreadable" }),
  );
});
