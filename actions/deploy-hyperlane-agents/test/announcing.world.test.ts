import { contextForTests } from "@playbook/action/testing";
import { type Address, Rpc } from "@playbook/evm";
import {
  announcedAs,
  announcementOf,
  type BucketPlace,
  type KnownChain,
  lookAtOrigin,
  readAgentConfig,
} from "@playbook/hyperlane";
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

const fresh = () => new Wallet(Wallet.createRandom().privateKey);

/** What a validator's announcement of a place is made of. */
async function announcement(validator: Wallet, place: BucketPlace) {
  const contract = contractOf(site, "validatorAnnounce", "ValidatorAnnounce");
  const location = announcedAs(place);
  const digest = await contract.getFunction("getAnnouncementDigest").staticCall(location);
  const signature = validator.signingKey.sign(getBytes(digest)).serialized;
  const announce = contract.getFunction("announce");
  return { announce, args: [validator.address, location, signature] };
}

/** The chain as agents know it. */
function known(): KnownChain {
  const { chain, addresses } = site;
  const entry = { ...chain.metadata(), ...addresses, blocks: { reorgPeriod: 0 } };
  const config = { chains: { [chain.name]: { ...entry, index: { from: 0 } } } };
  const { chains } = readAgentConfig(JSON.stringify(config), "agent-config.json");
  return chains[0] as KnownChain;
}

test("a validator that has what is asked for it has all that it offers for its announcement", async () => {
  const { chain } = site;
  const validator = fresh();
  const rpcUrls = [{ name: chain.name, value: chain.url }];
  const chains = new Chains([known()], { rpcUrls, quorum: [] }, contextForTests());
  await chain.send("anvil_setNextBlockBaseFeePerGas", [`0x${BASE_FEE.toString(16)}`]);
  await chain.send("evm_mine", []);

  const funds = await chains.funds(chain.name, validator.address as Address);
  if (!funds) throw new Error("no funds");
  const needed = neededBy({ ...funds, kind: "validator" });

  const longest = { name: "b".repeat(63), region: "ap-southeast-2", folder: "f".repeat(32) };
  const { announce, args } = await announcement(validator, longest);
  const gas = (await announce.estimateGas(...args)) + GAS_LIMIT_BUFFER;
  expect(needed).toBeGreaterThanOrEqual(gas * (2n * BASE_FEE + LEAST_TIP));
});

test("a bucket that another one was announced after can never be announced again", async () => {
  const validator = fresh();
  const place = { name: "some-bucket", region: "us-east-1" };
  const other = { ...place, folder: "2" };
  const address = validator.address as Address;
  const look = async (at: BucketPlace) => {
    const { announced } = await lookAtOrigin(new Rpc([site.chain.url]), known(), [address]);
    return announcementOf(at, announced.get(address) ?? []);
  };

  for (const one of [place, other]) {
    expect(await look(one)).toEqual({ isAnnounced: false });
    const { announce, args } = await announcement(validator, one);
    await (await announce.send(...args)).wait();
    expect(await look(one)).toEqual({ isAnnounced: true });
  }

  expect(await look(place)).toEqual({ isAnnounced: false, elsewhere: announcedAs(other) });
  const { announce, args } = await announcement(validator, place);
  await expect(announce.staticCall(...args)).rejects.toThrow("replay");
});
