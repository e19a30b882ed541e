import type { Address, Hex } from "@playbook/evm";
import { type Chain, startWorld, type World } from "@playbook/world";
import { Contract, ContractFactory } from "ethers";
import { callOf } from "../src/contract.ts";
import { contracts } from "../src/contracts.generated.ts";
import { implementationOf, proxyCreation } from "../src/minimal-proxy.ts";
import { type Site, siteOn } from "./site.ts";
import { account } from "./wishes.ts";

let world: World<readonly [{ readonly id: 5 }]>;
let site: Site;
let factory: Contract;
let module: Address;
beforeAll(async () => {
  world = await startWorld({ chains: [{ id: 5 }] });
  site = await siteOn(world.chains[0] as Chain);
  factory = await made("DomainRoutingIsmFactory");
  module = (await made("TestRecipient")).target as Address;
});
afterAll(() => world[Symbol.asyncDispose]());

async function made(name: "DomainRoutingIsmFactory" | "TestRecipient"): Promise<Contract> {
  const { abi, bytecode } = contracts[name];
  const contract = await new ContractFactory(abi, bytecode, site.signer).deploy();
  return (await contract.waitForDeployment()) as Contract;
}

const OWNER = account(3);
const factoryAt = () => factory.target as Address;
const told = (args: unknown[]) =>
  callOf("DomainRoutingIsm", "initialize(address,uint32[],address[])", args);

/** Makes one, with gas that is given so that it is sent though it fails. */
async function create(implementation: Address, call: Hex) {
  const data = proxyCreation(implementation, call);
  const sent = await site.signer.sendTransaction({ data, gasLimit: 2_000_000 });
  return sent.wait().then((receipt) => receipt?.contractAddress as Address);
}

const codeAt = (address: string) => site.chain.send<string>("eth_getCode", [address, "latest"]);

test("a proxy of ours is the factory's clone, byte for byte, and says what a clone says", async () => {
  const args = [OWNER, [7, 8], [module, module]];
  const clone = await factory.getFunction("deploy").staticCall(...args);
  await (await factory.getFunction("deploy").send(...args)).wait();
  const own = await create(implementationOf(factoryAt()), told(args));

  expect(await codeAt(own)).toBe(await codeAt(clone));
  for (const address of [own, clone]) {
    const ism = new Contract(address, contracts.DomainRoutingIsm.abi, site.signer);
    expect(await ism.getFunction("owner").staticCall()).toBe(OWNER);
    expect([...(await ism.getFunction("domains").staticCall())]).toEqual([7n, 8n]);
    expect(await ism.getFunction("module").staticCall(8)).toBe(module);
  }
});

test("nobody can tell it anything again", async () => {
  const own = await create(implementationOf(factoryAt()), told([OWNER, [], []]));
  const again = site.signer.call({ to: own, data: told([account(4), [], []]) });
  await expect(again).rejects.toThrow("already initialized");
});

test.each([
  ["refuses, in its words", () => implementationOf(factoryAt()), "must be a contract"],
  ["has no code", () => account(9), ""],
])("it is not made where what it obeys %s", async (_, implementation, words) => {
  const call = told([OWNER, [7], [account(5)]]);
  const data = proxyCreation(implementation(), call);
  await expect(site.signer.call({ data })).rejects.toThrow(words || "execution reverted");
  await expect(create(implementation(), call)).rejects.toThrow("reverted");
});
