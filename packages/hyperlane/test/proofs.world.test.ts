import type { Hex } from "@playbook/evm";
import { type Chain, startWorld, type World } from "@playbook/world";
import { getBytes } from "ethers";
import { type Evidence, pathOfNext, proofFor } from "../src/index.ts";
import { domains, multisig, validators } from "./core-config.ts";
import { accepts, digestOf, dispatch, type Message } from "./message.ts";
import { configOf } from "./network.ts";
import { apply, contractOf, planned, type Site, seen, signerOf, siteOn, wished } from "./site.ts";

let world: World<readonly [{ readonly id: 5 }, { readonly id: 10012 }]>;
let here: Site;
let there: Site;

beforeAll(async () => {
  world = await startWorld({ chains: [{ id: 5 }, { id: 10012 }] });
  here = await siteOn(world.chains[0] as Chain);
  there = await siteOn(world.chains[1] as Chain);
});
afterAll(() => world[Symbol.asyncDispose]());

const weighted = (type: string) => ({
  type,
  validators: validators.map(({ address }, at) => ({
    signingAddress: address,
    weight: at === 0 ? 4_000_000_000 : 3_000_000_000,
  })),
  thresholdWeight: 6_600_000_000,
});

/** Each kind of set that judges by signatures, all of which have to agree. */
const modules = [
  multisig(),
  { ...multisig(), type: "merkleRootMultisigIsm" },
  { ...multisig(), type: "storageMessageIdMultisigIsm" },
  { ...multisig(), type: "storageMerkleRootMultisigIsm" },
  weighted("weightedMessageIdMultisigIsm"),
  weighted("weightedMerkleRootMultisigIsm"),
  { type: "testIsm" },
];

async function brought(site: Site, wish: object): Promise<void> {
  await apply(site, await planned(site, wished(site, wish, domains)));
}

/** A message, and what a relayer would know of it. */
async function sent(text: string): Promise<{ message: Message; evidence: Evidence }> {
  const hook = contractOf(here, "merkleTreeHook", "MerkleTreeHook");
  const [branch, count] = await hook.getFunction("tree").staticCall();
  const path = pathOfNext({ branch: [...branch], count: Number(count) });
  const message = await dispatch(here, there, text);
  const digest = getBytes(digestOf(message));
  const signed = validators.map(async (one) => [one.address, await one.signMessage(digest)]);
  const evidence = {
    merkleTreeHook: here.addresses.merkleTreeHook as Hex,
    root: message.root as Hex,
    index: Number(message.index),
    messageId: message.id as Hex,
    path,
    signatures: new Map((await Promise.all(signed)) as [Hex, Hex][]),
  };
  return { message, evidence };
}

test("a mailbox takes what is shown to each kind of set, and nothing less", async () => {
  await brought(here, configOf(signerOf(here), { chain10012: multisig() }));
  const judge = { type: "storageAggregationIsm", modules, threshold: modules.length };
  const wish = configOf(signerOf(there), { chain5: judge });
  await brought(there, wish);
  const ism = (await seen(there, wished(there, wish, domains))).core?.defaultIsm;
  if (!ism) throw new Error("no ISM");

  await sent("one that makes the next one's path");
  const { message, evidence } = await sent("judged");
  const proof = proofFor(ism, 5, evidence) ?? "0x";
  expect(await accepts(there, proof, message)).toBe("accepted");

  const stray = { ...evidence, path: evidence.path.toReversed() };
  expect(await accepts(there, proofFor(ism, 5, stray) ?? "0x", message)).not.toBe("accepted");
  const one = { ...evidence, signatures: new Map([...evidence.signatures].slice(2)) };
  expect(proofFor(ism, 5, one)).toBeUndefined();
});
