import { contextForTests } from "@playbook/action/testing";
import type { Address } from "@playbook/evm";
import { announcedAs, readAgentConfig } from "@playbook/hyperlane";
import { startWorld } from "@playbook/world";
import { getBytes, Wallet } from "ethers";
import { configOf } from "../../../packages/hyperlane/test/network.ts";
import {
  apply,
  contractOf,
  planned,
  type Site,
  signerOf,
  siteOn,
  wished,
} from "../../../packages/hyperlane/test/site.ts";
import { Chains } from "../src/chains.ts";
import { neededBy } from "../src/funds.ts";

/** What agents add to their estimate of gas, and the least tip that they offer, in wei. */
const GAS_LIMIT_BUFFER = 75_000n;
const LEAST_TIP = 100_000_000n;

const BASE_FEE = 20_000_000_000n;

let site: Site;
let world: Awaited<ReturnType<typeof startWorld>>;
beforeAll(async () => {
  world = await startWorld({ chains: [{ id: 5 }] });
  const [chain] = world.chains;
  if (!chain) throw new Error("no chain");
  site = await siteOn(chain);
  const wish = wished(site, configOf(signerOf(site), {}), { [chain.name]: chain.id });
  await apply(site, await planned(site, wish));
}, 300_000);
afterAll(() => world?.[Symbol.asyncDispose]());

/** The gas of an announcement of a bucket with a name and a folder as long as they may be. */
async function announcing(validator: Wallet): Promise<bigint> {
  const place = { name: "b".repeat(63), region: "ap-southeast-2", folder: "f".repeat(32) };
  const contract = contractOf(site, "validatorAnnounce", "ValidatorAnnounce");
  const location = announcedAs(place);
  const digest = await contract.getFunction("getAnnouncementDigest").staticCall(location);
  const signature = validator.signingKey.sign(getBytes(digest)).serialized;
  const announce = contract.getFunction("announce");
  return announce.estimateGas(validator.address, location, signature);
}

test("a validator that has what is asked for it has all that it offers for its announcement", async () => {
  const { chain, addresses } = site;
  const validator = new Wallet(Wallet.createRandom().privateKey);
  const entry = { ...chain.metadata(), ...addresses, blocks: { reorgPeriod: 0 } };
  const config = { chains: { [chain.name]: { ...entry, index: { from: 0 } } } };
  const { chains: known } = readAgentConfig(JSON.stringify(config), "agent-config.json");
  const rpcUrls = [{ name: chain.name, value: chain.url }];
  const chains = new Chains(known, { rpcUrls, quorum: [] }, contextForTests());

  await chain.send("anvil_setNextBlockBaseFeePerGas", [`0x${BASE_FEE.toString(16)}`]);
  await chain.send("evm_mine", []);
  const funds = await chains.funds(chain.name, validator.address as Address);
  if (!funds) throw new Error("no funds");
  const needed = neededBy({ ...funds, kind: "validator" });

  const gas = (await announcing(validator)) + GAS_LIMIT_BUFFER;
  expect(needed).toBeGreaterThanOrEqual(gas * (2n * BASE_FEE + LEAST_TIP));
});
