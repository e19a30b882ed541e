import { type Chain, startWorld, type World } from "@playbook/world";
import { parse } from "yaml";
import { desiredOn, readCoreConfig } from "../src/index.ts";
import { Cli } from "./cli.ts";
import { domains } from "./core-config.ts";
import { apply, planned, type Site, siteOn, wished } from "./site.ts";

let world: World<readonly [{ readonly id: 5 }, { readonly id: 10012 }]>;
beforeAll(async () => {
  world = await startWorld({ chains: [{ id: 5 }, { id: 10012 }] });
});
afterAll(() => world?.[Symbol.asyncDispose]());

const NOTHING = { steps: [], proposals: [], changes: [] };

type Ism = { type: string; [field: string]: unknown };
type Config = { owner: string; defaultIsm: Ism; [field: string]: unknown };

const TREE = { type: "merkleTreeHook" };
const fee = (owner: string, protocolFee = "0") => ({
  ...{ type: "protocolFee", owner, beneficiary: owner },
  ...{ maxProtocolFee: "100000000000000000", protocolFee },
});
const init = (owner: string): Config => ({
  owner,
  defaultIsm: { type: "trustedRelayerIsm", relayer: owner },
  defaultHook: TREE,
  requiredHook: fee(owner),
});
/** It has fields of another module, as the CLI's own examples do. */
const anything = (owner: string) => ({ type: "testIsm", threshold: 1, validators: [owner] });
const PRICE = { gasPrice: "1", tokenDecimals: 18, tokenExchangeRate: "10000000000" };

/** As the CLI writes them, as its examples are, and as people have them in their repositories. */
const CONFIGS: [name: string, (owner: string) => Config][] = [
  ["what `core init` writes", init],
  ["the same with a proxy admin", (owner) => ({ ...init(owner), proxyAdmin: { owner } })],
  [
    "the CLI's example, which has one fee twice",
    (owner) => ({
      ...{ owner, defaultIsm: anything(owner) },
      ...{
        defaultHook: fee(owner, "200000000000000"),
        requiredHook: fee(owner, "200000000000000"),
      },
    }),
  ],
  [
    "the CLI's example across virtual machines, which prices its own chain",
    (owner) => ({
      ...{ owner, defaultIsm: anything(owner), requiredHook: TREE },
      defaultHook: {
        ...{ type: "interchainGasPaymaster", owner, beneficiary: owner, oracleKey: owner },
        oracleConfig: { chain5: PRICE, chain10012: PRICE },
        overhead: { chain5: 200000, chain10012: 200000 },
      },
    }),
  ],
  [
    "one validator, and the tree as both hooks",
    (owner) => ({
      ...{ owner, defaultHook: TREE, requiredHook: TREE, proxyAdmin: { owner } },
      defaultIsm: { type: "messageIdMultisigIsm", threshold: 1, validators: [owner] },
    }),
  ],
];

const withoutIdle = (ism: Ism) => (ism.type === "testIsm" ? { type: ism.type } : ism);

/** What is left to do when the official CLI's own reading of a chain is the wish. */
const leftByReading = (site: Site, said: string) =>
  planned(site, desiredOn(site.chain.name, readCoreConfig(said, "core read"), domains));

describe.each(CONFIGS)("%s", (_, configOf) => {
  let here: Site;
  let there: Site;
  beforeEach(async () => {
    here = await siteOn(world.chains[0] as Chain);
    there = await siteOn(world.chains[1] as Chain);
  });

  test("is deployed, and the official CLI finds it as it is", async () => {
    const config = configOf(here.signer.address);
    const wish = wished(here, config, domains);
    await apply(here, await planned(here, wish));
    expect(await planned(here, wish)).toMatchObject(NOTHING);

    await using cli = await Cli.over(world.dir, [here, there]);
    const said = await cli.read("chain5");
    expect(await leftByReading(here, said)).toMatchObject(NOTHING);
    // What a config leaves out is a difference to it, even after its own `core deploy`; so is what
    // is idle.
    const { interchainAccountRouter, proxyAdmin } = parse(said);
    const defaultIsm = withoutIdle(config.defaultIsm);
    const whole = { interchainAccountRouter, proxyAdmin, ...config, defaultIsm };
    const { code, output } = await cli.check("chain5", whole);
    expect({ code, output: code === 0 ? "" : output }).toEqual({ code: 0, output: "" });
  });

  test("is adopted where the official CLI has deployed it", async () => {
    const config = configOf(there.signer.address);
    await using cli = await Cli.over(world.dir, [here, there]);
    const { code, output } = await cli.deploy("chain10012", config, there.signer.privateKey);
    if (code !== 0) throw new Error(output.slice(-2000));
    there.addresses = await cli.addresses("chain10012");

    expect(await planned(there, wished(there, config, domains))).toMatchObject(NOTHING);
    expect(await leftByReading(there, await cli.read("chain10012"))).toMatchObject(NOTHING);
  });
});
