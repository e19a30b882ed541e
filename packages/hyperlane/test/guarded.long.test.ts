import { type Address, Rpc } from "@playbook/evm";
import { type Chain, startWorld, type World } from "@playbook/world";
import { type Contract, ContractFactory, MaxUint256 } from "ethers";
import { parse } from "yaml";
import { readContract } from "../../../scripts/hyperlane/contracts.ts";
import { NOBODY } from "../src/contract.ts";
import { desiredOn, observe, type Proposal, readCoreConfig } from "../src/index.ts";
import { Cli } from "./cli.ts";
import { type Config, config, domains } from "./core-config.ts";
import { apply, contractOf, planned, type Site, signerOf, siteOn, wished } from "./site.ts";
import { account, SAFE } from "./wishes.ts";

let world: World<readonly [{ readonly id: 5 }, { readonly id: 10012 }]>;
let site: Site;
let token: Contract;

beforeAll(async () => {
  world = await startWorld({ chains: [{ id: 5 }, { id: 10012 }] });
  site = await siteOn(world.chains[0] as Chain);
  token = await newToken();
});
afterAll(() => world[Symbol.asyncDispose]());

async function newToken(): Promise<Contract> {
  const { abi, bytecode } = await readContract("contracts/test/ERC20Test.sol", "ERC20Test");
  const made = await new ContractFactory(abi, bytecode, site.signer).deploy("fee", "FEE", 1, 18);
  return (await made.waitForDeployment()) as Contract;
}

const NOTHING = { steps: [], proposals: [], changes: [] };
const HOUR = 3600;
const HOOK = account(31);

const labels = ({ steps }: { steps: { label: string }[] }) =>
  steps.map(({ label }) => label.replace(/\(.*/, ""));

/** A config whose gas may be paid in the token, for these prices. */
function priced<Wish extends Pick<Config, "defaultHook">>(wish: Wish, prices: object): Wish {
  const hooks = wish.defaultHook.hooks.map((hook) =>
    "oracleConfig" in hook
      ? { ...hook, tokenOracleConfig: { [String(token.target)]: prices } }
      : hook,
  );
  return { ...wish, defaultHook: { ...wish.defaultHook, hooks } };
}

const price = (gasPrice: number) => {
  return { gasPrice: String(gasPrice), tokenExchangeRate: "10000000000", tokenDecimals: 18 };
};

/** A mailbox behind a timelock, and a minimal router that pays its fees in a token. */
const guarded = (delay = HOUR) => {
  const roles = { proposer: SAFE, executor: NOBODY };
  const approval = { feeToken: String(token.target), hook: HOOK };
  const { proxyAdmin: _owned, ...rest } = config(site, "chain10012");
  return {
    ...rest,
    upgrade: { timelock: { delay, roles } },
    interchainAccountRouter: { routerType: "minimal", feeTokenApprovals: [approval] },
  };
};

test("the proxy admin is a timelock's, and a minimal router's fees are approved", async () => {
  const desired = wished(site, guarded(), domains);
  await apply(site, await planned(site, desired));
  expect(await planned(site, desired)).toMatchObject(NOTHING);

  const { timelockController, interchainAccountRouter } = site.addresses;
  const admin = contractOf(site, "proxyAdmin", "ProxyAdmin");
  expect(await admin.getFunction("owner").staticCall()).toBe(timelockController);
  const lock = contractOf(site, "timelockController", "TimelockController");
  expect(await lock.getFunction("getMinDelay").staticCall()).toBe(BigInt(HOUR));
  const allowed = token.getFunction("allowance").staticCall(interchainAccountRouter, HOOK);
  expect(await allowed).toBe(MaxUint256);
});

test("the official CLI reads them as they are, and finds no difference", async () => {
  const other = await siteOn(world.chains[1] as Chain);
  await using cli = await Cli.over(world.dir, [site, other]);
  const said = await cli.read("chain5");
  const read = parse(said);
  expect(read.interchainAccountRouter).toMatchObject({ routerType: "minimal" });
  expect(read.proxyAdmin.owner).toBe(site.addresses.timelockController);
  const { interchainAccountRouter, proxyAdmin } = read;
  // `core read` tells of no timelock, so that `core check` misses one in any config that has it.
  const { upgrade, ...rest } = guarded();
  const whole = { ...rest, interchainAccountRouter, proxyAdmin };
  expect(await cli.check("chain5", whole)).toMatchObject({ code: 0 });
  const missed = await cli.check("chain5", { ...whole, upgrade });
  expect(missed).toMatchObject({ code: 1, output: expect.stringContaining("timelock") });
  const adopted = desiredOn("chain5", readCoreConfig(said, "core read"), domains);
  expect(await planned(site, adopted)).toMatchObject(NOTHING);
}, 120_000);

test("the timelock is found by whom the proxy admin obeys, where the registry lacks it", async () => {
  const { timelockController, ...addresses } = site.addresses;
  const plan = await planned({ ...site, addresses }, wished(site, guarded(), domains));

  expect(plan).toMatchObject({ ...NOTHING, addresses: { timelockController } });
});

test("one token more is one call more", async () => {
  const wish = guarded();
  const {
    feeTokenApprovals: [first],
  } = wish.interchainAccountRouter;
  const feeTokenApprovals = [first, { ...first, hook: account(32) }];
  const interchainAccountRouter = { routerType: "minimal", feeTokenApprovals };
  const plan = await planned(site, wished(site, { ...wish, interchainAccountRouter }, domains));

  expect(labels(plan)).toEqual(["MinimalInterchainAccountRouter.approveFeeTokenForHook"]);
  expect(plan.changes).toEqual([
    {
      subject: `interchain accounts: fees in ${token.target}`,
      from: "not approved",
      to: `taken by ${account(32)}`,
    },
  ]);
});

test("gas is paid in a token, whose prices are an oracle's of its own", async () => {
  const wish = priced(guarded(), { chain10012: price(5) });
  const desired = wished(site, wish, domains);
  const plan = await planned(site, desired);
  expect(labels(plan)).toEqual([
    "new StorageGasOracle",
    "StorageGasOracle.setRemoteGasDataConfigs",
    "InterchainGasPaymaster.setTokenGasOracles",
  ]);
  await apply(site, plan);
  expect(await planned(site, desired)).toMatchObject(NOTHING);

  const paymaster = contractOf(site, "interchainGasPaymaster", "InterchainGasPaymaster");
  const quote = paymaster.getFunction("quoteGasPayment(address,uint32,uint256)");
  expect(await quote.staticCall(token.target, 10012, 100)).toBe(500n);
});

test("a price in a token that changes, goes, or loses its destination takes that and no more", async () => {
  const changed = priced(guarded(), { chain10012: price(6) });
  const dearer = await planned(site, wished(site, changed, domains));
  expect(labels(dearer)).toEqual(["StorageGasOracle.setRemoteGasDataConfigs"]);
  const gone = await planned(site, wished(site, priced(guarded(), {}), domains));
  expect(labels(gone)).toEqual(["InterchainGasPaymaster.setTokenGasOracles"]);
  expect(gone.changes).toMatchObject([{ subject: expect.stringContaining("to 10012, in 0x") }]);

  const alone = priced(guarded(), {});
  const hooks = alone.defaultHook.hooks.map((hook) =>
    "oracleConfig" in hook ? { ...hook, overhead: {}, oracleConfig: {} } : hook,
  );
  const cut = wished(site, { ...alone, defaultHook: { ...alone.defaultHook, hooks } }, domains);
  await apply(site, await planned(site, cut));
  expect(await planned(site, cut)).toMatchObject(NOTHING);
});

test("what the official CLI deploys with prices in a token is adopted as it is", async () => {
  const other = await siteOn(world.chains[1] as Chain);
  const here = await siteOn(world.chains[0] as Chain);
  await using cli = await Cli.over(world.dir, [here, other]);
  const wish = priced(config(here, "chain10012"), { chain10012: price(7) });
  const deployed = await cli.deploy("chain5", wish, here.signer.privateKey);
  expect(deployed).toMatchObject({ code: 0 });
  here.addresses = await cli.addresses("chain5");
  expect(await planned(here, wished(here, wish, domains))).toMatchObject(NOTHING);
}, 120_000);

const STRANGER = account(34);

/** The proxy admin shall be somebody else's, which the timelock has to bring about. */
const handed = () => ({ ...guarded(), proxyAdmin: { owner: STRANGER } });

async function actAs(by: Address, { to, data }: { to: Address; data: string }): Promise<void> {
  const { chain, signer } = site;
  await chain.setBalance(by, 10n ** 18n);
  await chain.send("anvil_impersonateAccount", [by]);
  const hash = await chain.send<string>("eth_sendTransaction", [{ from: by, to, data }]);
  await chain.send("anvil_stopImpersonatingAccount", [by]);
  const receipt = await signer.provider?.waitForTransaction(hash);
  if (receipt?.status !== 1) throw new Error(`what ${by} sent failed`);
}

test("what the timelock owns is scheduled by its proposer, waits, and is executed: once for each time", async () => {
  await apply(site, await planned(site, wished(site, guarded(), domains)));
  const desired = wished(site, handed(), domains);
  const admin = contractOf(site, "proxyAdmin", "ProxyAdmin");
  const transfer = admin.interface.encodeFunctionData("transferOwnership", [
    site.addresses.timelockController,
  ]);
  for (const turn of [1, 2]) {
    const asked = await planned(site, desired);
    expect(asked).toMatchObject({ steps: [], proposals: [{ by: SAFE }] });
    const [proposal] = asked.proposals as [Proposal];
    expect(proposal.label).toContain("TimelockController.schedule(ProxyAdmin.transferOwnership(");
    await actAs(SAFE, proposal);

    const waiting = await planned(site, desired);
    expect(waiting).toMatchObject({ steps: [], proposals: [], changes: [{}] });
    const [{ from = 0 } = {}] = waiting.scheduled;
    expect(from).toBeGreaterThan(Date.now() / 1_000 + (turn * HOUR) / 2);
    await site.chain.send("evm_setNextBlockTimestamp", [from]);
    await site.chain.send("evm_mine", []);

    const due = await planned(site, desired);
    expect(labels(due)).toEqual(["TimelockController.execute"]);
    await apply(site, due);
    expect(await planned(site, desired)).toMatchObject({ ...NOTHING, scheduled: [] });
    await actAs(STRANGER, { to: site.addresses.proxyAdmin as Address, data: transfer });
  }
});

const refused = (wish: object) =>
  observe(new Rpc([site.chain.url]), {
    ...{ desired: wished(site, wish, domains), signer: signerOf(site), known: site.addresses },
  });

test("a timelock that is another, a router of another kind and what is no token are refused", async () => {
  await expect(refused(guarded(2 * HOUR))).rejects.toMatchObject({
    ...{ code: "other-timelock", why: "Its delay is 3600 s, and not 7200 s." },
  });
  const accounts = (interchainAccountRouter: object) => {
    return refused({ ...guarded(), interchainAccountRouter });
  };
  await expect(accounts({ routerType: "regular" })).rejects.toMatchObject({
    ...{ code: "other-router", what: expect.stringMatching(/is minimal\.$/) },
  });
  await expect(accounts({ commitmentIsm: { urls: ["https://a"] } })).rejects.toMatchObject({
    ...{ code: "other-router", why: expect.stringContaining("a minimal one lacks") },
  });
  for (const feeToken of [account(33), site.addresses.mailbox as Address]) {
    const feeTokenApprovals = [{ feeToken, hook: HOOK }];
    await expect(accounts({ feeTokenApprovals })).rejects.toMatchObject({
      ...{ code: "no-token", what: expect.stringContaining(feeToken) },
    });
  }
});
