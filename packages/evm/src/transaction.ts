import { getBytes, keccak256, Signature, Transaction } from "ethers";
import { ceiling, type Fees } from "./fees.ts";
import type { Address, Hex, Wei } from "./primitives.ts";

/** An account whose key is elsewhere: it signs 32-byte digests, and nothing else leaves it. */
export type Signer = {
  readonly address: Address;
  /** An ECDSA signature over secp256k1 in its low-s form. */
  sign(digest: Uint8Array): Promise<{ r: Hex; s: Hex; yParity: 0 | 1 }>;
};

export type Unsigned = {
  chainId: number;
  nonce: number;
  to: Address | null;
  value: Wei;
  data: Hex;
  /** Gas limit. */
  gas: number;
  fees: Fees;
};

export type Signed = {
  nonce: number;
  hash: Hex;
  /** The bytes that any holder can send: what they do can happen from the moment they exist. */
  raw: Hex;
};

/** Signs a transaction: legacy with its chain id (EIP-155), or type 2 (EIP-1559). */
export async function signTransaction(unsigned: Unsigned, signer: Signer): Promise<Signed> {
  const { fees, gas, ...rest } = unsigned;
  const transaction = Transaction.from({
    ...rest,
    gasLimit: gas,
    ...(fees.type === "legacy"
      ? { type: 0, gasPrice: fees.gasPrice }
      : {
          type: 2,
          maxFeePerGas: fees.maxFeePerGas,
          maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
        }),
  });
  const { r, s, yParity } = await signer.sign(getBytes(transaction.unsignedHash));
  transaction.signature = Signature.from({ r, s, yParity });
  // Its own hash would encode it anew, which takes longer than a signature where it has much data.
  const raw = transaction.serialized as Hex;
  return { nonce: unsigned.nonce, hash: keccak256(raw) as Hex, raw };
}

/** Reads signed bytes back; throws when they are no signed transaction. */
export function readTransaction(raw: Hex): Unsigned & { hash: Hex } {
  const transaction = Transaction.from(raw);
  if (!transaction.signature) throw new Error("The transaction is not signed.");
  return {
    chainId: Number(transaction.chainId),
    nonce: transaction.nonce,
    to: transaction.to as Address | null,
    value: transaction.value,
    data: transaction.data as Hex,
    gas: Number(transaction.gasLimit),
    fees: feesOf(transaction),
    hash: keccak256(raw) as Hex,
  };
}

function feesOf(transaction: Transaction): Fees {
  if (transaction.type === 0) return { type: "legacy", gasPrice: transaction.gasPrice ?? 0n };
  return {
    type: "eip1559",
    maxFeePerGas: transaction.maxFeePerGas ?? 0n,
    maxPriorityFeePerGas: transaction.maxPriorityFeePerGas ?? 0n,
  };
}

/** The most that a transaction can take from its sender. */
export function dearest({ gas, fees, value }: Pick<Unsigned, "gas" | "fees" | "value">): Wei {
  return BigInt(gas) * ceiling(fees) + value;
}
