import { getBytes, Interface, Signature, Transaction } from "ethers";
import { z } from "zod";
import { bytes, readAnswer } from "./answer.ts";
import type { Hex } from "./hex.ts";
import { addressOf } from "./keys.ts";
import type { Metadata, Validator } from "./metadata.ts";

/**
 * Axon's contract of epochs and validators: no code is at this address, each node has it built in.
 */
export const METADATA_CONTRACT: Hex = "0xffffffffffffffffffffffffffffffffffffff01";

const VALIDATORS = "tuple(bytes, bytes, address, uint32, uint32)[]";
const CONFIG = `tuple(${Array(9).fill("uint64").join(", ")})`;

const contract = new Interface([
  `function appendMetadata(tuple(tuple(uint64, uint64), uint64, ${VALIDATORS}, ` +
    `tuple(address, uint64)[], ${CONFIG}))`,
  `function updateValidatorList(tuple(${VALIDATORS}))`,
]);

/** What Axon takes for a contract's size where a chain says nothing. */
const CONTRACT_LIMIT = 0x6000n;

/**
 * The price and limit of gas: calls of this contract cost nothing, and these are never looked at.
 */
const GAS = { price: 8, limit: 1_000_000 };

/** An epoch that is not there yet: its number, and its first and last block. */
export type Epoch = { readonly epoch: bigint; readonly start: bigint; readonly end: bigint };

/** A validator as the contract takes it. Its address follows from its key. */
export type Member = Omit<Validator, "address">;

/** tvl-labs/el-axon alone: another list for the present epoch, from the next block on. */
export function updateValidatorList(members: readonly Member[]): Hex {
  return contract.encodeFunctionData("updateValidatorList", [[rows(members)]]) as Hex;
}

/** One more epoch after the last one that there is; the way of consensus stays as it is. */
export function appendMetadata(
  { epoch, start, end }: Epoch,
  members: readonly Member[],
  { consensus_config: config }: Pick<Metadata, "consensus_config">,
): Hex {
  const order = [
    config.propose_ratio,
    config.prevote_ratio,
    config.precommit_ratio,
    config.brake_ratio,
    config.tx_num_limit,
    config.max_tx_size,
    config.gas_limit,
    config.interval,
    config.max_contract_limit ?? CONTRACT_LIMIT,
  ];
  const metadata = [[start, end], epoch, rows(members), [], order];
  return contract.encodeFunctionData("appendMetadata", [metadata]) as Hex;
}

function rows(members: readonly Member[]) {
  return members.map(({ bls_pub_key, pub_key, propose_weight, vote_weight }) => [
    bls_pub_key,
    pub_key,
    addressOf(pub_key),
    propose_weight,
    vote_weight,
  ]);
}

/** A call of the metadata contract, before it is signed. */
export type Call = { chainId: bigint; nonce: number; data: Hex };

/** An ECDSA signature over secp256k1, its s in the lower half. */
export type EcdsaSignature = { r: Hex; s: Hex; yParity: 0 | 1 };

/** The 32 bytes that a validator's network key has to sign. */
export function digestOf(call: Call): Hex {
  return unsigned(call).unsignedHash as Hex;
}

/** The bytes to be sent, with their hash and the account that has signed them. */
export function signed(call: Call, signature: EcdsaSignature): { raw: Hex; hash: Hex; from: Hex } {
  const transaction = unsigned(call);
  transaction.signature = Signature.from(signature);
  const { serialized, hash, from } = transaction;
  return { raw: serialized as Hex, hash: hash as Hex, from: (from ?? "").toLowerCase() as Hex };
}

function unsigned({ chainId, nonce, data }: Call): Transaction {
  const gas = { gasPrice: GAS.price, gasLimit: GAS.limit };
  return Transaction.from({ type: 0, chainId, nonce, to: METADATA_CONTRACT, data, ...gas });
}

const block = z.object({ header: z.object({ extra_data: z.array(z.object({ inner: bytes })) }) });

/** Whose build of Axon it is. */
export type Build = "axon" | "el-axon";

/**
 * Whose build has proposed a block, from `axon_getBlockById`. el-axon's begin with a byte that says
 * whether they call the metadata contract; Axon itself would refuse such a block. Nothing else
 * tells them apart: both have one version, and `eth_call` never reaches the contract.
 */
export function readBuild(answer: unknown): Build {
  const { extra_data } = readAnswer("axon_getBlockById", answer, block).header;
  const [mark] = extra_data;
  const content = mark ? getBytes(mark.inner) : [];
  return content.length === 1 && (content[0] ?? 2) < 2 ? "el-axon" : "axon";
}
