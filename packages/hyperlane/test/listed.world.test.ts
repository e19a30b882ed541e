import type { Address } from "@playbook/evm";
import { type Chain, startWorld, type World } from "@playbook/world";
import { VERSION } from "../src/contract.ts";
import type { Desired } from "../src/model.ts";
import { config, domains } from "./core-config.ts";
import { apply, planned, type Site, siteOn, wished } from "./site.ts";
import { account } from "./wishes.ts";

let world: World<readonly [{ readonly id: 5 }, { readonly id: 10012 }]>;
let here: Site;
let there: Site;
let desired: Desired;
beforeAll(async () => {
  world = await startWorld({ chains: [{ id: 5 }, { id: 10012 }] });
  here = await siteOn(world.chains[0] as Chain);
  there = await siteOn(world.chains[1] as Chain);
  desired = wished(here, config(here, "chain10012"), domains);
  await apply(here, await planned(here, desired));
});
afterAll(() => world?.[Symbol.asyncDispose]());

test("an address that is something else is refused by its name", async () => {
  const addresses = { ...here.addresses, validatorAnnounce: here.addresses.mailbox };
  await expect(planned({ ...here, addresses }, desired)).rejects.toMatchObject({
    code: "wrong-contract",
    what: expect.stringContaining("validatorAnnounce"),
  });
  await expect(planned({ ...there, addresses: here.addresses }, desired)).rejects.toMatchObject({
    code: "wrong-contract",
  });
});

test("a factory whose clones are something else is refused, though its own code is right", async () => {
  const { domainRoutingIsmFactory } = here.addresses;
  const code = await here.chain.send("eth_getCode", [domainRoutingIsmFactory, "latest"]);
  await here.chain.send("anvil_setCode", [account(60), code]);
  const addresses = { ...here.addresses, domainRoutingIsmFactory: account(60) };
  await expect(planned({ ...here, addresses }, desired)).rejects.toMatchObject({
    ...{ code: "wrong-contract", what: expect.stringContaining("domainRoutingIsmFactory") },
    why: expect.stringContaining("which is no DomainRoutingIsm"),
  });
});

test("a contract of another version is named with both versions, and the mailbox before others", async () => {
  await using _ = await ofVersion("interchainAccountRouter", "12.2.0");
  await expect(planned(here, desired)).rejects.toMatchObject({
    code: "other-version",
    what: expect.stringMatching(/interchainAccountRouter on chain5 is of version 12\.2\.0/),
    why: expect.stringContaining(VERSION),
  });

  await using __ = await ofVersion("mailbox", "11.3.1");
  await expect(planned(here, desired)).rejects.toMatchObject({
    code: "other-version",
    what: expect.stringMatching(/mailbox on chain5 is of version 11\.3\.1/),
  });
});

/** Where a proxy has what it delegates to (EIP-1967). */
const IMPLEMENTATION = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";

/** A contract's code says that it is of another version, until it is let go of. */
async function ofVersion(name: string, version: string): Promise<AsyncDisposable> {
  const { chain, addresses } = here;
  const address = addresses[name] as Address;
  const slot = await chain.send<string>("eth_getStorageAt", [address, IMPLEMENTATION, "latest"]);
  const at = /^0x0+$/.test(slot) ? address : `0x${slot.slice(26)}`;
  const code = await chain.send<string>("eth_getCode", [at, "latest"]);
  const [own = "", other = ""] = [VERSION, version].map((one) => Buffer.from(one).toString("hex"));
  await chain.send("anvil_setCode", [at, code.replace(own, other)]);
  return { [Symbol.asyncDispose]: () => chain.send<void>("anvil_setCode", [at, code]) };
}
