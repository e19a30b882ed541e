import { getBytes, type LogDescription, type ParamType } from "ethers";
import type { Block, Log, Transaction } from "../chain-client.ts";
import { putEthereumValue } from "./ethereum-values.ts";
import { type Heap, type Pointer, types } from "./heap.ts";

export type LogEvent = {
  log: Log;
  decoded: LogDescription;
  block: Block;
  transaction: Transaction;
};

/** An event for a handler, in the order in which graph-ts has the fields. */
export function putEvent(heap: Heap, { log, decoded, block, transaction }: LogEvent): Pointer {
  const { inputs } = decoded.fragment;
  const parameters = inputs.map((input, index) => putParameter(heap, input, decoded.args[index]));
  return heap.putWords(types.event, [
    bytes(heap, log.address),
    number(heap, log.logIndex),
    number(heap, log.logIndex),
    0,
    putBlock(heap, block),
    putTransaction(heap, transaction),
    heap.putArray(types.eventParams, parameters),
    0,
  ]);
}

function putParameter(heap: Heap, type: ParamType, value: unknown): Pointer {
  return heap.putWords(types.eventParam, [
    heap.putString(type.name),
    putEthereumValue(heap, type, value),
  ]);
}

function putBlock(heap: Heap, block: Block): Pointer {
  return heap.putWords(types.block, [
    bytes(heap, block.hash),
    bytes(heap, block.parentHash),
    bytes(heap, block.sha3Uncles),
    bytes(heap, block.miner),
    bytes(heap, block.stateRoot),
    bytes(heap, block.transactionsRoot),
    bytes(heap, block.receiptsRoot),
    number(heap, block.number),
    number(heap, block.gasUsed),
    number(heap, block.gasLimit),
    number(heap, block.timestamp),
    number(heap, block.difficulty),
    number(heap, block.totalDifficulty ?? "0x0"),
    block.size ? number(heap, block.size) : 0,
    block.baseFeePerGas ? number(heap, block.baseFeePerGas) : 0,
  ]);
}

function putTransaction(heap: Heap, transaction: Transaction): Pointer {
  return heap.putWords(types.transaction, [
    bytes(heap, transaction.hash),
    number(heap, transaction.transactionIndex),
    bytes(heap, transaction.from),
    transaction.to ? bytes(heap, transaction.to) : 0,
    number(heap, transaction.value),
    number(heap, transaction.gas),
    number(heap, transaction.gasPrice),
    bytes(heap, transaction.input),
    number(heap, transaction.nonce),
  ]);
}

function bytes(heap: Heap, digits: string): Pointer {
  return heap.putBytes(getBytes(digits));
}

function number(heap: Heap, quantity: string): Pointer {
  return heap.putBigInt(BigInt(quantity));
}
