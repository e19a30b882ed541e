import { type Address, type Hex, RpcError } from "@playbook/evm";
import {
  concat,
  dataLength,
  Interface,
  isError,
  solidityPacked,
  TypedDataEncoder,
  ZeroAddress,
} from "ethers";
import type { Wire } from "./look.ts";

/** What a Safe's owners sign: its number, and the hash that their wallets show. */
export type ToSign = { safe: Address; nonce: number; hash: Hex };

type Call = { to: Address; data: Hex };

/**
 * Contracts of Safe that carry several calls out as one (MultiSendCallOnly), by the Safe's version:
 * that of most chains first, then that of chains which take no transaction without their id
 * (EIP-155).
 */
const MULTI_SEND: Readonly<Record<string, readonly Address[]>> = {
  "1.3.0": [
    "0x40A2aCCbd92BCA938b02010E17A5b8929b49130D",
    "0xA1dabEF33b3B82c7814B6D82A79e50F4AC44102B",
  ],
  "1.4.1": ["0x9641d764fc13c8B624c04430C7356C1C7C8102e2"],
  "1.5.0": ["0xA83c336B20401Af773B6219BA5027174338D1836"],
};

const safe = new Interface([
  "function VERSION() view returns (string)",
  "function nonce() view returns (uint256)",
]);
const multiSend = new Interface(["function multiSend(bytes transactions)"]);

/** EIP-712, as Safe.sol has it from 1.3.0 on. */
const SAFE_TX = {
  SafeTx: [
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "data", type: "bytes" },
    { name: "operation", type: "uint8" },
    { name: "safeTxGas", type: "uint256" },
    { name: "baseGas", type: "uint256" },
    { name: "gasPrice", type: "uint256" },
    { name: "gasToken", type: "address" },
    { name: "refundReceiver", type: "address" },
    { name: "nonce", type: "uint256" },
  ],
};

/**
 * What the owners of a Safe would sign if these calls were its next transaction. Undefined for an
 * account that is no Safe, or of a version whose hashes are not known here.
 */
export async function toSign(
  wire: Wire,
  { account, chainId, calls }: { account: Address; chainId: number; calls: readonly Call[] },
): Promise<ToSign | undefined> {
  const [version, nonce] = await Promise.all([
    ask<string>(wire, account, "VERSION"),
    ask<bigint>(wire, account, "nonce"),
  ]);
  const carrier = version === undefined ? undefined : await carrierOf(wire, version);
  const batch = carrier && asOne(calls, carrier);
  if (!batch || nonce === undefined) return undefined;
  const none = { safeTxGas: 0, baseGas: 0, gasPrice: 0 };
  const message = { ...batch, ...none, gasToken: ZeroAddress, refundReceiver: ZeroAddress, nonce };
  const domain = { chainId, verifyingContract: account };
  const hash = TypedDataEncoder.hash(domain, SAFE_TX, message) as Hex;
  return { safe: account, nonce: Number(nonce), hash };
}

/** As Safe's transaction builder sends a batch: one call as it is, several through MultiSend. */
export function asOne(calls: readonly Call[], carrier: Address) {
  const [first, ...others] = calls;
  if (!first) return undefined;
  if (others.length === 0) return { to: first.to, value: 0, data: first.data, operation: 0 };
  const packed = calls.map(({ to, data }) =>
    solidityPacked(
      ["uint8", "address", "uint256", "uint256", "bytes"],
      [0, to, 0, dataLength(data), data],
    ),
  );
  const data = multiSend.encodeFunctionData("multiSend", [concat(packed)]) as Hex;
  return { to: carrier, value: 0, data, operation: 1 };
}

/** Undefined for a version whose carrier is not known. */
async function carrierOf(wire: Wire, version: string): Promise<Address | undefined> {
  const known = MULTI_SEND[version] ?? [];
  for (const one of known) {
    if ((await wire.send<Hex>("eth_getCode", one, "latest")) !== "0x") return one;
  }
  return known[0];
}

/** Undefined where nothing answers to it. */
async function ask<Value>(
  wire: Wire,
  to: Address,
  method: "VERSION" | "nonce",
): Promise<Value | undefined> {
  const data = safe.encodeFunctionData(method);
  const code = await wire.send<Hex>("eth_getCode", to, "latest");
  if (code === "0x") return undefined;
  try {
    const answer = await wire.send<Hex>("eth_call", { to, data }, "latest");
    return safe.decodeFunctionResult(method, answer)[0] as Value;
  } catch (error) {
    if (isNoSafe(error)) return undefined;
    throw error;
  }
}

/** What another contract says to a Safe's questions: it reverts, or answers with nothing. */
function isNoSafe(error: unknown): boolean {
  return (
    error instanceof RpcError || isError(error, "BAD_DATA") || isError(error, "BUFFER_OVERRUN")
  );
}
