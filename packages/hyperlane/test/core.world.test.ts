import type { Address } from "@playbook/evm";
import { type Chain, startWorld, type World } from "@playbook/world";
import { Contract, ContractFactory, Wallet } from "ethers";
import { contracts } from "../src/contracts.generated.ts";
import { type Config, config, domains, multisig, validators } from "./core-config.ts";
import { accepts, aggregated, dispatch, lastReceived, multisigProof } from "./message.ts";
import { contractOf, planned, type Site, apply as sent, signerOf, siteOn, wished } from "./site.ts";
import { account, SAFE } from "./wishes.ts";

let world: World<readonly [{ readonly id: 5 }, { readonly id: 10012 }]>;
let here: Site;
let there: Site;

beforeAll(async () => {
  world = await startWorld({ chains: [{ id: 5 }, { id: 10012 }] });
  here = await siteOn(world.chains[0] as Chain);
  there = await siteOn(world.chains[1] as Chain);
});
afterAll(() => world[Symbol.asyncDispose]());

/** Plans and sends; the labels of what was sent. */
async function brought(site: Site, wish: object): Promise<string[]> {
  const plan = await planned(site, wished(site, wish, domains));
  await sent(site, plan);
  return plan.steps.map(({ label }) => label.replace(/\(.*/, ""));
}

const NOTHING = { steps: [], proposals: [], changes: [] };

describe("in order", () => {
  test("all of it is sent at once to both chains, and then there is nothing to do", async () => {
    const pairs: [Site, string][] = [
      [here, "chain10012"],
      [there, "chain5"],
    ];
    for (const [site, from] of pairs) {
      const wish = config(site, from);
      await brought(site, wish);
      const again = await planned(site, wished(site, wish, domains));
      expect(again).toMatchObject({ ...NOTHING, addresses: site.addresses });
    }
  });

  test("the mailbox was initialised as it was made: nobody can do it again", async () => {
    const mailbox = contractOf(here, "mailbox", "Mailbox");
    const owner = signerOf(here);
    const again = mailbox.getFunction("initialize").staticCall(owner, owner, owner, owner);
    await expect(again).rejects.toThrow("already initialized");
  });

  test("a message is delivered with two of three signatures, and with nothing less", async () => {
    const message = await dispatch(here, there, "two of three");
    const [first, second, third] = validators as [Wallet, Wallet, Wallet];
    const stranger = new Wallet(Wallet.createRandom().privateKey);
    const order = await moduleOrder(there);
    const proof = async (signers: Wallet[]) => {
      const signed = await multisigProof(message, signers);
      return aggregated(order.map((type) => partOf(type, signed)));
    };

    expect(await accepts(there, await proof([first]), message)).not.toBe("accepted");
    expect(await accepts(there, await proof([first, first]), message)).not.toBe("accepted");
    expect(await accepts(there, await proof([third, first]), message)).not.toBe("accepted");
    expect(await accepts(there, await proof([first, stranger]), message)).not.toBe("accepted");
    for (const pair of [
      [first, second],
      [first, third],
      [second, third],
    ]) {
      expect(await accepts(there, await proof(pair), message)).toBe("accepted");
    }
    const mailbox = contractOf(there, "mailbox", "Mailbox");
    const args = [await proof([first, third]), message.bytes];
    await (await mailbox.getFunction("process").send(...args)).wait();
    expect(await lastReceived(there)).toBe("two of three");
    expect(await accepts(there, args[0] as string, message)).toBe("Mailbox: already delivered");
  });

  test("a chain more is a route, a price, and nothing else", async () => {
    const wish = withChain(config(here, "chain10012"), "chain777");
    expect((await brought(here, wish)).toSorted()).toEqual([
      "DomainRoutingIsm.setIsms",
      "InterchainGasPaymaster.setDestinationGasConfigs",
      "StaticMessageIdMultisigIsmFactory.deploy",
      "StorageGasOracle.setRemoteGasDataConfigs",
    ]);
    expect(await planned(here, wished(here, wish, domains))).toMatchObject(NOTHING);
  });

  test("and one less takes both away", async () => {
    const wish = config(here, "chain10012");
    expect((await brought(here, wish)).toSorted()).toEqual([
      "DomainRoutingIsm.removeIsms",
      "InterchainGasPaymaster.setDestinationGasConfigs",
      "StorageGasOracle.setRemoteGasDataConfigs",
    ]);
    expect(await planned(here, wished(here, wish, domains))).toMatchObject(NOTHING);
  });

  test("another threshold is another set in the same route", async () => {
    const wish = config(here, "chain10012", { threshold: 3 });
    expect(await brought(here, wish)).toEqual([
      "StaticMessageIdMultisigIsmFactory.deploy",
      "StaticAggregationIsmFactory.deploy",
      "DomainRoutingIsm.setIsms",
    ]);
    expect(await planned(here, wished(here, wish, domains))).toMatchObject(NOTHING);
    // The sets of before are still there.
    expect(await brought(here, config(here, "chain10012"))).toEqual(["DomainRoutingIsm.setIsms"]);
  });

  test("what was changed behind our back is named and mended", async () => {
    const wish = config(here, "chain10012");
    const desired = wished(here, wish, domains);
    const mailbox = contractOf(here, "mailbox", "Mailbox");
    const foreign = here.addresses.testRecipient;
    await (await mailbox.getFunction("setDefaultIsm").send(foreign)).wait();

    const { changes } = await planned(here, desired);
    expect(changes).toContainEqual(
      expect.objectContaining({ subject: "default ISM", from: foreign }),
    );
    // What was there before is still as wished: it is taken, and not made again.
    expect(await brought(here, wish)).toEqual(["Mailbox.setDefaultIsm"]);
    expect(await planned(here, desired)).toMatchObject(NOTHING);
  });

  test("a test recipient with a module of its own, as the CLI makes it, is judged by the mailbox's again", async () => {
    const wish = config(here, "chain10012");
    const recipient = contractOf(here, "testRecipient", "TestRecipient");
    const other = here.addresses.proxyAdmin;
    await (await recipient.getFunction("setInterchainSecurityModule").send(other)).wait();

    expect(await brought(here, wish)).toEqual(["TestRecipient.setInterchainSecurityModule"]);
    expect(await planned(here, wished(here, wish, domains))).toMatchObject(NOTHING);
  });

  test("gas that an account without code prices has no price, and gets one again", async () => {
    const wish = config(here, "chain10012");
    const paymaster = contractOf(here, "interchainGasPaymaster", "InterchainGasPaymaster");
    const configs = [[10012, [account(61), 1]]];
    await (await paymaster.getFunction("setDestinationGasConfigs").send(configs)).wait();

    const { changes } = await planned(here, wished(here, wish, domains));
    const from = "gas price 0, exchange rate 0, overhead 1";
    expect(changes).toMatchObject([{ subject: "gas paymaster: to 10012", from }]);
    await brought(here, wish);
    expect(await planned(here, wished(here, wish, domains))).toMatchObject(NOTHING);
  });

  test("a module that asks itself is read to its end", async () => {
    const wish = config(here, "chain10012");
    const mailbox = contractOf(here, "mailbox", "Mailbox");
    const root = await mailbox.getFunction("defaultIsm").staticCall();
    const routing = new Contract(root, ["function set(uint32,address)"], here.signer);
    await (await routing.getFunction("set").send(10012, root)).wait();

    expect(await brought(here, wish)).toEqual(["DomainRoutingIsm.setIsms"]);
    expect(await planned(here, wished(here, wish, domains))).toMatchObject(NOTHING);
  });

  test("the tree and the paymaster in use are the registry's, whatever it has listed", async () => {
    const { interchainGasPaymaster, ...addresses } = here.addresses;
    const { signer } = here;
    const { abi, bytecode } = contracts.MerkleTreeHook;
    const made = await new ContractFactory(abi, bytecode, signer).deploy(addresses.mailbox);
    const merkleTreeHook = (await made.getAddress()) as Address;
    const listed = { ...here, addresses: { ...addresses, merkleTreeHook } };
    await made.deploymentTransaction()?.wait();

    const plan = await planned(listed, wished(here, config(here, "chain10012"), domains));
    const to = addresses.merkleTreeHook;
    expect(plan.changes).toEqual([
      { subject: "registry: merkleTreeHook", from: merkleTreeHook, to },
    ]);
    expect(plan).toMatchObject({ steps: [], addresses: here.addresses });
    expect(plan.addresses).toMatchObject({ interchainGasPaymaster });
  });

  test("a mailbox that somebody else can upgrade is refused", async () => {
    const admin = contractOf(here, "proxyAdmin", "ProxyAdmin");
    const { abi, bytecode } = contracts.ProxyAdmin;
    const made = await new ContractFactory(abi, bytecode, here.signer).deploy();
    await made.waitForDeployment();
    const other = new Contract(await made.getAddress(), abi, here.signer);
    const { mailbox } = here.addresses;
    const desired = wished(here, config(here, "chain10012"), domains);

    await (await admin.getFunction("changeProxyAdmin").send(mailbox, other.target)).wait();
    await expect(planned(here, desired)).rejects.toMatchObject({
      ...{ code: "other-proxy-admin", what: expect.stringContaining(String(other.target)) },
    });
    await (await other.getFunction("changeProxyAdmin").send(mailbox, admin.target)).wait();
    expect(await planned(here, desired)).toMatchObject(NOTHING);
  });

  test("a module at an address without code is refused", async () => {
    const wish = { ...config(here, "chain10012"), defaultIsm: account(62) };
    await expect(planned(here, wished(here, wish, domains))).rejects.toMatchObject({
      ...{ code: "no-contract", what: expect.stringContaining(account(62)) },
    });
  });

  test("a chain that cannot run the contracts is refused before anything is sent", async () => {
    await using old = await startWorld({ chains: [{ id: 6, fees: "legacy" }] });
    const site = await siteOn(old.chains[0]);
    const wish = wished(site, config(site, "chain5"), { ...domains, chain6: 6 });
    await expect(planned(site, wish)).rejects.toMatchObject({ code: "chain-too-old" });
  });

  test("all is handed to the Safe at the end, and asked of it from then on", async () => {
    const own = signerOf(here);
    const asOwned = (by: Address) =>
      JSON.parse(JSON.stringify(config(here, "chain10012")).replaceAll(own, by)) as Config;
    await brought(here, asOwned(SAFE));
    expect(await planned(here, wished(here, asOwned(SAFE), domains))).toMatchObject(NOTHING);

    const wish = withChain(asOwned(SAFE), "chain777");
    const { steps, proposals } = await planned(here, wished(here, wish, domains));
    // The set of the route is still there from when the chain was in it before.
    expect(steps).toEqual([]);
    expect(proposals.map(({ by, label }) => [by, label.replace(/\(.*/, "")])).toEqual([
      [SAFE, "DomainRoutingIsm.setIsms"],
      [SAFE, "StorageGasOracle.setRemoteGasDataConfigs"],
      [SAFE, "InterchainGasPaymaster.setDestinationGasConfigs"],
    ]);
  });
});

function withChain(wish: Config, name: string) {
  const { defaultIsm, defaultHook } = wish;
  const hooks = defaultHook.hooks.map((hook) =>
    "oracleConfig" in hook
      ? {
          ...hook,
          overhead: { ...hook.overhead, [name]: 1 },
          oracleConfig: { ...hook.oracleConfig, [name]: { gasPrice: "2", tokenExchangeRate: "3" } },
        }
      : hook,
  );
  const route = { ...multisig(), validators: [21, 22, 23].map(account) };
  const routes = { ...defaultIsm.domains, [name]: route };
  return {
    ...wish,
    defaultIsm: { ...defaultIsm, domains: routes },
    defaultHook: { ...defaultHook, hooks },
  };
}

/** The types of the modules that messages from chain 5 are judged by, as they lie on the chain. */
async function moduleOrder(site: Site): Promise<string[]> {
  const mailbox = contractOf(site, "mailbox", "Mailbox");
  const root = await mailbox.getFunction("defaultIsm").staticCall();
  const at = (address: string, abi: string[]) => new Contract(address, abi, site.signer);
  const routing = at(root, ["function module(uint32) view returns (address)"]);
  const route = await routing.getFunction("module").staticCall(5);
  const set = at(route, ["function modulesAndThreshold(bytes) view returns (address[], uint8)"]);
  const [modules] = await set.getFunction("modulesAndThreshold").staticCall("0x");
  const type = ["function moduleType() view returns (uint8)"];
  const types = [...modules].map((one) => at(one, type).getFunction("moduleType").staticCall());
  return (await Promise.all(types)).map(String);
}

/** Message-id multisig has type 5; a pausable module, of type 6, looks at nothing. */
function partOf(type: string, signed: string): string | undefined {
  if (type === "5") return signed;
  return type === "6" ? "0x" : undefined;
}
