import type { Hex } from "@playbook/evm";

const TRANSACTION = 21_000;
const CREATION = 32_000;
const DATA_WORD = 2;
const CODE_BYTE = 200;
const PROXY_BYTES = 45;

/** Storage that is written, checks that are made: what a constructor or a call does beside. */
const CREATION_WORK = 500_000;
/** So many words of arguments are part of that. */
const FEW_WORDS = 8;
const CALL_WORK = 200_000;
const WORK_PER_WORD = 60_000;
/** A set is code: it is copied, hashed and stored as that. */
const SET_WORK = 500_000;
const SET_WORD = 10_000;

/** What a transaction's data costs by itself. */
function ofData(data: Hex): number {
  const bytes = (data.length - 2) / 2;
  let zeros = 0;
  for (let at = 2; at < data.length; at += 2) {
    if (data[at] === "0" && data[at + 1] === "0") zeros += 1;
  }
  return TRANSACTION + 4 * zeros + 16 * (bytes - zeros);
}

/**
 * A gas limit for what creates a contract: all of its data might become code, and its arguments be
 * written. Never simulated, so that nothing has to be on a chain before the next transaction can be
 * signed.
 */
export function creationGas(data: Hex, args: Hex): number {
  const bytes = (data.length - 2) / 2;
  const code = CREATION + CREATION_WORK + bytes * (CODE_BYTE + DATA_WORD);
  return ofData(data) + code + Math.max(0, wordsIn(args) - FEW_WORDS) * WORK_PER_WORD;
}

function wordsIn(data: Hex): number {
  return Math.ceil((data.length - 2) / 64);
}

/** A gas limit for what creates a small proxy and calls it, by the data of both. */
export function proxyGas(data: Hex): number {
  return CREATION + CODE_BYTE * PROXY_BYTES + callGas(data);
}

/** A gas limit for what has a factory make a set: none of its words takes a slot. */
export function setGas(data: Hex): number {
  return ofData(data) + SET_WORK + wordsIn(data) * SET_WORD;
}

/** A gas limit for a call that writes, at most, a slot and its bookkeeping for each word it has. */
export function callGas(data: Hex): number {
  return ofData(data) + CALL_WORK + wordsIn(data) * WORK_PER_WORD;
}
