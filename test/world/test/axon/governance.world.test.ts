import { readFile } from "node:fs/promises";
import { type AxonNode, startValidators, until, type Validators } from "@playbook/world";
import { Interface, parseEther, Wallet } from "ethers";
import { reaches } from "./progress.ts";

const METADATA_CONTRACT = "0xffffffffffffffffffffffffffffffffffffff01";
const validators = "(bytes bls, bytes key, address at, uint32 propose, uint32 vote)[]";
const config = `(${"uint64,".repeat(8)}uint64)`;
const contract = new Interface([
  "function appendMetadata(((uint64 start, uint64 end), uint64 epoch, " +
    `${validators}, (address, uint64)[], ${config}))`,
  `function updateValidatorList((${validators}))`,
]);
const CONFIG = [15, 10, 10, 10, 20_000, 409_600_000, 4_294_967_295_000, 300, 0x6000];

const stranger = Wallet.createRandom();

const rows = (nodes: AxonNode[]) =>
  nodes.map(({ keypair: { bls_public_key, public_key, address } }) => [
    bls_public_key,
    public_key,
    address,
    1,
    1,
  ]);

async function send(
  node: AxonNode,
  wallet: { signTransaction: Wallet["signTransaction"]; address: string },
  data: string,
) {
  const raw = await wallet.signTransaction({
    type: 0,
    chainId: Number(await node.call<string>("eth_chainId")),
    nonce: Number(await node.call<string>("eth_getTransactionCount", wallet.address, "latest")),
    gasPrice: 8,
    gasLimit: 1_000_000,
    to: METADATA_CONTRACT,
    data,
  });
  return node.call<string>("eth_sendRawTransaction", raw);
}

type Receipt = { status: string; blockNumber: string };

const receipt = (node: AxonNode, hash: string) =>
  until(
    async () => (await node.call<Receipt | null>("eth_getTransactionReceipt", hash)) ?? undefined,
  );

const walletOf = async (node: AxonNode) =>
  new Wallet(`0x${(await readFile(node.path("net.key"))).toString("hex")}`);

const listAt = async (node: AxonNode, height: number) => {
  const id = `0x${height.toString(16)}`;
  const { verifier_list } = await node.call<{ verifier_list: unknown[] }>(
    "axon_getMetadataByNumber",
    id,
  );
  return verifier_list.length;
};

const hasVoted = (chain: Validators, node: AxonNode) =>
  until(async () => {
    const votes = (await chain.signatures()).votes();
    return votes.some(
      (vote) => vote.key === node.keypair.bls_public_key && vote.step === "prevote",
    );
  });

const at = (chain: Validators, index: number) => chain.nodes[index] as AxonNode;

test("a sixth validator: appended by one of the five, voting from its epoch on", async () => {
  await using chain = await startValidators({
    intervalMs: 300,
    epochEnd: 10,
    accounts: { [stranger.address]: parseEther("1") },
  });
  const sixth = await chain.add();
  const nodes = [...chain.nodes, sixth];
  const version = [21, 26];
  const data = contract.encodeFunctionData("appendMetadata", [
    [version, 2, rows(nodes), [], CONFIG],
  ]);

  await expect(send(at(chain, 0), stranger, data)).rejects.toThrow("is no validator's");
  const hash = await send(at(chain, 0), await walletOf(at(chain, 3)), data);

  expect(await receipt(sixth, hash)).toMatchObject({ status: "0x1" });
  await reaches(nodes, 21);
  expect([await listAt(sixth, 20), await listAt(sixth, 21)]).toEqual([5, 6]);
  await hasVoted(chain, sixth);
  expect((await chain.signatures()).equivocations()).toEqual([]);

  // Nobody has appended another epoch, and without one its last block is committed by nobody.
  await reaches(nodes, 25);
  await until(async () => {
    const { lines } = await chain.signatures();
    return at(chain, 0).log().includes("Future epoch") && lines.length > 0;
  });
  expect(await at(chain, 0).height()).toBe(25);
});

test("what Axon does not know is reverted, and el-axon's validators change at once", async () => {
  const behaviour = { flavour: "el-axon" as const };
  await using chain = await startValidators({ intervalMs: 300, behaviour });
  const sixth = await chain.add(behaviour);
  const nodes = [...chain.nodes, sixth];
  const data = contract.encodeFunctionData("updateValidatorList", [[rows(nodes)]]);

  const hash = await send(at(chain, 0), await walletOf(at(chain, 1)), data);

  const { status, blockNumber } = await receipt(sixth, hash);
  expect(status).toBe("0x1");
  await reaches(nodes, Number(blockNumber) + 3);
  expect(await listAt(sixth, Number(blockNumber) + 1)).toBe(6);
  await hasVoted(chain, sixth);
});

test("with Axon itself the same call is reverted", async () => {
  await using chain = await startValidators({ intervalMs: 300 });
  const data = contract.encodeFunctionData("updateValidatorList", [[rows(chain.nodes.slice(1))]]);

  const hash = await send(at(chain, 0), await walletOf(at(chain, 1)), data);

  expect(await receipt(at(chain, 2), hash)).toMatchObject({ status: "0x0" });
});

test("a feature that four of five were prepared for is determined, and enabled at its block", async () => {
  await using chain = await startValidators({ intervalMs: 300 });
  const info = (node: AxonNode) => node.call<Record<string, string>>("axon_getHardforkInfo");
  const start = 40;
  for (const node of chain.nodes.slice(0, 4)) {
    await node.stop();
    const fork = ["--hardfork-start-number", String(start), "--feature", "andromeda"];
    await node.run("hardfork", "-c", "config.toml", ...fork);
    await node.start();
  }
  const seen = new Set<string | undefined>();
  await until(async () => {
    seen.add((await info(at(chain, 0))).Andromeda);
    return seen.has("determined") || seen.has("enabled");
  });
  expect([...seen].at(-1)).toBe("determined");

  await reaches(chain.nodes, start);

  for (const node of chain.nodes) expect(await info(node)).toEqual({ Andromeda: "enabled" });
});

test("a fork is prepared before its block, or not at all", async () => {
  await using chain = await startValidators({ intervalMs: 300 });
  const node = at(chain, 0);
  await reaches(chain.nodes, 3);
  await node.stop();

  const late = ["--hardfork-start-number", "2", "--feature", "andromeda"];
  const said = node.run("hardfork", "-c", "config.toml", ...late);

  await expect(said).rejects.toThrow("Hardfork start block number 2 less than current number");
});
