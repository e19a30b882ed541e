import type { Address, Hex } from "@playbook/evm";
import { AbiCoder, FunctionFragment, getAddress, Interface, id, ParamType } from "ethers";
import { type Contract, collect, createdBy } from "../../src/plan/artifact.ts";
import {
  labelOfCall,
  labelOfCreate,
  labelOfTransfer,
  nameCreated,
  type Vocabulary,
} from "../../src/plan/label.ts";

const VAULT = "0x00000000000000000000000000000000000000AA" as Address;
const PROXY = "0x00000000000000000000000000000000000000bb" as Address;
const STRANGER = "0x000000000000000000000000000000000000bEEF" as Address;

function contract(name: string, code: string[], maker: string[], ...functions: string[]): Contract {
  const fragments = functions.map((text) => FunctionFragment.from(`function ${text}`));
  return {
    name,
    creation: code,
    constructorInputs: maker.map((type) => ParamType.from(type)),
    functions: new Map(fragments.map((one) => [one.selector, one])),
  };
}

const artifacts = collect([
  contract("Vault", ["60806040aa"], ["address", "uint256"], "grantRole(bytes32,address)"),
  contract("Roles", [""], [], "KEEPER_ROLE()", "initialize(address,uint256)"),
  contract("Linked", ["60806040bb", "cc"], []),
  contract("ERC1967Proxy", ["60806040dd"], ["address", "bytes"]),
  contract("ProxyAdmin", ["60806040ee"], ["address"], "multicall(bytes[])"),
  contract("Shapes", [""], [], "set((uint256,bool)[],string,bytes4)", "pay()"),
]);

const abi = new Interface([
  "function grantRole(bytes32,address)",
  "function initialize(address,uint256)",
  "function multicall(bytes[])",
  "function set((uint256,bool)[],string,bytes4)",
]);

function vocabulary(names: [Address, string][] = [[VAULT, "Vault"]]): Vocabulary {
  return {
    artifacts,
    names: new Map(names.map(([address, name]) => [address.toLowerCase(), name])),
    token: { symbol: "ETH", decimals: 18 },
  };
}

const encode = (types: string[], values: unknown[]) =>
  AbiCoder.defaultAbiCoder().encode(types, values).slice(2);
const call = (name: string, values: unknown[]) => abi.encodeFunctionData(name, values) as Hex;

describe("a call", () => {
  test("shows a role by its name and an account by its address", () => {
    const data = call("grantRole", [id("KEEPER_ROLE"), STRANGER]);
    expect(labelOfCall(VAULT, data, 0n, vocabulary())).toBe(
      `Vault.grantRole(KEEPER_ROLE, ${STRANGER})`,
    );
  });

  test("shows the role of administrators, whose hash is zero", () => {
    const data = call("grantRole", [`0x${"0".repeat(64)}`, VAULT]);
    expect(labelOfCall(VAULT, data, 0n, vocabulary())).toBe(
      "Vault.grantRole(DEFAULT_ADMIN_ROLE, Vault)",
    );
  });

  test("shows calls within it", () => {
    const inner = call("grantRole", [id("KEEPER_ROLE"), STRANGER]);
    const data = call("multicall", [[inner, "0x1234"]]);
    expect(labelOfCall(STRANGER, data, 0n, vocabulary())).toBe(
      `${STRANGER}.multicall([grantRole(KEEPER_ROLE, ${STRANGER}), 0x1234])`,
    );
  });

  test("shows structures, texts and functions that are named by selector", () => {
    const selector = abi.getFunction("initialize")?.selector;
    const data = call("set", [
      [
        [1, true],
        [2, false],
      ],
      'say "hi"',
      selector,
    ]);
    expect(labelOfCall(VAULT, data, 5n, vocabulary())).toBe(
      'Vault.set{value: 5 wei}([(1, true), (2, false)], "say \\"hi\\"", initialize)',
    );
  });

  test.each([
    [10n ** 21n, "1000e18"],
    [5n * 10n ** 17n, "0.5e18"],
    [10n ** 21n + 1n, "1000000000000000000001"],
    [1_000_000_000_000n, "1000000000000"],
    [2n ** 256n - 1n, "type(uint256).max"],
  ])("shows %s so that nobody counts its digits, and exactly", (value, shown) => {
    const data = call("initialize", [STRANGER, value]);
    expect(labelOfCall(VAULT, data, 0n, vocabulary())).toBe(
      `Vault.initialize(${STRANGER}, ${shown})`,
    );
  });

  test("names what stands on another chain with that chain, also as the bytes of a message", () => {
    const elsewhere = new Map(
      ["beta", "gamma"].map((chain) => [chain, new Map([[PROXY.toLowerCase(), "Verifier"]])]),
    );
    const words = { ...vocabulary(), elsewhere };
    const padded = `0x${PROXY.slice(2).padStart(64, "0")}`;
    expect(labelOfCall(VAULT, call("grantRole", [padded, PROXY]), 0n, words)).toBe(
      "Vault.grantRole(bytes32(Verifier@beta/gamma), Verifier@beta/gamma)",
    );
    elsewhere.get("gamma")?.set(PROXY.toLowerCase(), "Prover");
    expect(labelOfCall(VAULT, call("grantRole", [padded, PROXY]), 0n, words)).toBe(
      `Vault.grantRole(${padded}, ${getAddress(PROXY)})`,
    );
  });

  test("of a function that nobody knows shows its selector", () => {
    expect(labelOfCall(VAULT, "0x1234567800", 10n ** 17n, vocabulary())).toBe(
      "Vault.0x12345678{value: 0.1 ETH}(…)",
    );
  });

  test("whose arguments are not what the function takes does not pretend to know them", () => {
    const data = `${call("grantRole", [id("X"), STRANGER]).slice(0, 20)}` as Hex;
    expect(labelOfCall(VAULT, data, 0n, vocabulary())).toBe("Vault.grantRole(…)");
  });
});

describe("a creation", () => {
  test("shows what is made, and with which arguments", () => {
    const code = `0x60806040aa${encode(["address", "uint256"], [STRANGER, 5])}` as Hex;
    expect(labelOfCreate(code, { value: 0n }, vocabulary())).toBe(`new Vault(${STRANGER}, 5)`);
  });

  test("shows salt and value", () => {
    const code = `0x60806040bb${STRANGER.slice(2).toLowerCase()}cc` as Hex;
    const salt = `0x${"0".repeat(64)}` as Hex;
    expect(labelOfCreate(code, { value: 10n ** 18n, salt }, vocabulary())).toBe(
      "new Linked{salt: 0x0, value: 1 ETH}()",
    );
  });

  test("of a contract that the build does not know has forge's name, or none", () => {
    const unknown = { value: 0n };
    expect(labelOfCreate("0xfe", { ...unknown, name: "Yul" }, vocabulary())).toBe("new Yul(…)");
    expect(labelOfCreate("0xfe", unknown, vocabulary())).toBe("new an unknown contract(…)");
  });

  test("of a proxy is called by what is behind it from then on", () => {
    const init = call("initialize", [STRANGER, 5]);
    const code = `0x60806040dd${encode(["address", "bytes"], [VAULT, init])}` as Hex;
    const words = vocabulary();
    expect(nameCreated(code, PROXY, undefined, words)).toBe("ERC1967Proxy");
    const data = call("grantRole", [id("KEEPER_ROLE"), PROXY]);
    expect(labelOfCall(PROXY, data, 0n, words)).toBe(
      "Vault (proxy).grantRole(KEEPER_ROLE, Vault (proxy))",
    );
    expect(labelOfCreate(code, { value: 0n }, words)).toBe(
      `new ERC1967Proxy(Vault, initialize(${STRANGER}, 5))`,
    );
  });

  test("of a proxy's administrator is no proxy", () => {
    const code = `0x60806040ee${encode(["address"], [VAULT])}` as Hex;
    const words = vocabulary();
    nameCreated(code, PROXY, undefined, words);
    expect(words.names.get(PROXY.toLowerCase())).toBe("ProxyAdmin");
  });

  test("of a second contract of one name can be told from the first", () => {
    const code = `0x60806040aa${encode(["address", "uint256"], [STRANGER, 5])}` as Hex;
    const words = vocabulary();
    nameCreated(code, PROXY, undefined, words);
    expect(words.names.get(PROXY.toLowerCase())).toBe("Vault#2");
  });
});

test.each([
  [7n, "7 wei"],
  [10n ** 18n, "1 ETH"],
  [1_500_000_000_000_000_000n, "1.5 ETH"],
])("a transfer of %s is written as %s", (value, text) => {
  expect(labelOfTransfer(STRANGER, value, vocabulary())).toBe(`send ${text} to ${STRANGER}`);
});

test("code is recognised around the addresses that it is linked with", () => {
  const linked = `0x60806040bb${"12".repeat(20)}cc0099` as Hex;
  expect(createdBy(linked, artifacts)).toMatchObject({
    contract: { name: "Linked" },
    arguments: "0x0099",
  });
  expect(createdBy("0x60806040bb", artifacts)).toBeUndefined();
});
