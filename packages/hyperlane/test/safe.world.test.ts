import { type Address, type Hex, Rpc } from "@playbook/evm";
import { type Chain, startWorld, type World } from "@playbook/world";
import { type Contract, concat, Signature, Wallet, ZeroAddress } from "ethers";
import { asOne, toSign } from "../src/safe-hash.ts";
import { config, domains } from "./core-config.ts";
import { MULTI_SEND, safeOf } from "./safe.ts";
import { apply, planned, type Site, siteOn, wished } from "./site.ts";

let world: World<readonly [{ readonly id: 5 }]>;
let site: Site;
let safe: Contract;
const owner = new Wallet(`0x${"5".repeat(64)}`);

beforeAll(async () => {
  world = await startWorld({ chains: [{ id: 5 }] });
  site = await siteOn(world.chains[0] as Chain);
  safe = await safeOf(site, owner.address as Address);
});
afterAll(() => world[Symbol.asyncDispose]());

const asked = async (account: Address, calls: { to: Address; data: Hex }[]) =>
  toSign(new Rpc([site.chain.url]), { account, chainId: 5, calls });

/** The hash is signed as it is: a Safe that hashes anything else refuses the signature. */
async function executed(calls: { to: Address; data: Hex }[], hash: Hex): Promise<void> {
  const { to, value, data, operation } = asOne(calls, MULTI_SEND) ?? {};
  const signature = Signature.from(owner.signingKey.sign(hash)).serialized;
  const gas = [0, 0, 0, ZeroAddress, ZeroAddress];
  const exec = safe.getFunction("execTransaction");
  await (await exec.send(to, value, data, operation, ...gas, concat([signature]))).wait();
}

test("what a Safe owns changes when its owner signs the hash that was named, and then all is as wished", async () => {
  const account = (await safe.getAddress()) as Address;
  const wish = (threshold: number) =>
    wished(site, withOwner(config(site, "chain10012", { threshold }), account), domains);
  await apply(site, await planned(site, wish(2)));

  for (const threshold of [3, 2]) {
    const plan = await planned(site, wish(threshold));
    await apply(site, plan);
    const { nonce, hash } = (await asked(account, plan.proposals)) ?? {};
    expect(nonce).toBe(Number(await safe.getFunction("nonce").staticCall()));
    await executed(plan.proposals, hash as Hex);
    expect(await planned(site, wish(threshold))).toMatchObject({ steps: [], proposals: [] });
  }
});

test("what waits for a Safe is asked of it again, and what was made for it is not made twice", async () => {
  const account = (await safe.getAddress()) as Address;
  const { defaultIsm, requiredHook, ...rest } = config(site, "chain10012");
  const fees = requiredHook.hooks.map((hook) =>
    hook.type === "protocolFee" ? { ...hook, maxProtocolFee: "9" } : hook,
  );
  const other = {
    ...rest,
    defaultIsm: { ...defaultIsm, type: "incrementalDomainRoutingIsm" },
    requiredHook: {
      type: "aggregationHook",
      hooks: [...fees, { type: "pausableHook", owner: account, paused: true }],
    },
  };
  const wish = wished(site, withOwner(other, account), domains);
  const plan = await planned(site, wish);
  expect(plan.steps.map(({ label }) => label.replace(/\(.*/, ""))).toEqual([
    "new PausableIsm",
    "StaticAggregationIsmFactory.deploy",
    "new AtomicInitIncrementalDomainRoutingIsm",
    "new ProtocolFee",
    "new PausableHook",
    "PausableHook.pause",
    "StaticAggregationHookFactory.deploy",
    "PausableHook.transferOwnership",
  ]);
  await apply(site, plan);

  const proposals = plan.proposals.map((one) => ({ ...one, after: [] }));
  expect(await planned(site, wish)).toMatchObject({ steps: [], proposals });
  const { hash } = (await asked(account, proposals)) ?? {};
  await executed(proposals, hash as Hex);
  expect(await planned(site, wish)).toMatchObject({ steps: [], proposals: [], changes: [] });
});

test("several calls are one transaction of the Safe", async () => {
  const account = (await safe.getAddress()) as Address;
  const calls = [1, 2].map((number) => {
    // addOwnerWithThreshold(address,uint256), of accounts that are nobody's.
    const data = `0x0d582f13${"ab".repeat(19).padStart(62, "0")}0${number}${"1".padStart(64, "0")}`;
    return { to: account, data: data as Hex };
  });

  const { hash } = (await asked(account, calls)) ?? {};
  await executed(calls, hash as Hex);

  expect(await safe.getFunction("getOwners").staticCall()).toHaveLength(3);
});

test.each([
  ["an account without code", () => owner.address],
  ["another contract", () => site.addresses.mailbox ?? ""],
])("%s is no Safe", async (_, account) => {
  const calls = [{ to: owner.address as Address, data: "0x" as Hex }];
  expect(await asked(account() as Address, calls)).toBeUndefined();
});

/** The same with another owner wherever one is said. */
function withOwner(value: object, account: Address): object {
  const text = JSON.stringify(value).replaceAll(site.signer.address, account);
  return JSON.parse(text);
}
