import { ActionError } from "@playbook/action";
import { Interface, keccak256 } from "ethers";
import type { DataPrice } from "./fees.ts";
import type { Address, Hex } from "./primitives.ts";
import type { Call } from "./rpc.ts";
import type { Outcome } from "./rpc-answer.ts";

/**
 * In the oracles of the OP stack since Bedrock, and of Scroll: the fee of a transaction's bytes.
 */
const oracleInterface = new Interface(["function getL1Fee(bytes data) view returns (uint256)"]);

/**
 * Bytes that no compressor makes shorter: what they cost, nothing of their length exceeds. (The OP
 * stack prices what FastLZ would leave of a transaction, by an estimate that is linear in it.)
 */
const SAMPLE = Array.from({ length: 32 }, (_, at) => keccak256(`0x${hexOf(at)}`).slice(2)).join("");
const SAMPLE_BYTES = BigInt(SAMPLE.length / 2);

/** What to ask an oracle: the fee of no bytes at all, and of the sample. */
export function dataPriceCalls(oracle: Address): Call[] {
  return ["0x", `0x${SAMPLE}`].map((bytes) => {
    const data = oracleInterface.encodeFunctionData("getL1Fee", [bytes]);
    return { method: "eth_call", params: [{ to: oracle, data }, "latest"] };
  });
}

/**
 * The price of data by the oracle's answers: no less than what any transaction is charged by them.
 * Throws `no-data-oracle` when what answers is none.
 */
export function readDataPrice(outcomes: Outcome[], oracle: Address, host: string): DataPrice {
  const fees = outcomes.map((outcome) => {
    if ("error" in outcome) throw outcome.error;
    if (outcome.result === "0x") throw noOracle(oracle, host);
    const [fee] = oracleInterface.decodeFunctionResult("getL1Fee", outcome.result as Hex);
    return fee as bigint;
  });
  const [none = 0n, sample = 0n] = fees;
  return { perTransaction: none, perByte: (sample + SAMPLE_BYTES - 1n) / SAMPLE_BYTES };
}

/** Where a rollup's own contract should be is none: the chain is of another family. */
export function noOracle(oracle: Address, host: string): ActionError {
  return new ActionError("no-data-oracle", {
    what: `${host} does not know what the chain charges for data.`,
    why: `There is no contract at ${oracle}, where rollups of that family have one.`,
    next:
      "Correct `technicalStack` or `playbook.gas.preset` of the chain " +
      "in the chains file, and plan again.",
  });
}

function hexOf(value: number): string {
  return value.toString(16).padStart(2, "0");
}
