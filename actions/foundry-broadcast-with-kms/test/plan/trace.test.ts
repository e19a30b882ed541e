import type { Hex } from "@playbook/evm";
import {
  callsToOthers,
  creationsOf,
  type Frame,
  footprint,
  type Trace,
} from "../../src/plan/trace.ts";

const A = `0x${"aa".repeat(20)}`;
const B = `0x${"bb".repeat(20)}`;
const C = `0x${"cc".repeat(20)}`;
const call = (to: string, input: Hex, calls: Frame[] = []): Frame => ({
  type: "CALL",
  to,
  input,
  calls,
});

describe("contracts that a transaction made", () => {
  const create = (to: string, calls: Frame[] = []): Frame => ({
    type: "CREATE2",
    to,
    input: "0x60",
    calls,
  });

  test("are found within calls and within each other, in order", () => {
    const frame = call(A, "0x", [create(B, [create(C)])]);
    expect(creationsOf(frame).map(({ address }) => address.toLowerCase())).toEqual([B, C]);
  });

  test("do not exist when the call around them was reverted", () => {
    const frame = call(A, "0x", [{ ...call(B, "0x", [create(C)]), error: "execution reverted" }]);
    expect(creationsOf(frame)).toEqual([]);
  });
});

test("calls to contracts that were there before count, others and reads do not", () => {
  const frame = call(A, "0x01", [
    { type: "CREATE", to: B, input: "0x60" },
    call(B, "0x02"),
    { type: "STATICCALL", to: A, input: "0x03" },
    { type: "DELEGATECALL", to: C, input: "0x04" },
    { ...call(C, "0x05"), error: "execution reverted" },
  ]);
  expect(callsToOthers(frame)).toEqual(["0x01", "0x04"]);
});

describe("the footprint of a transaction", () => {
  const trace = (before: Trace["before"], difference: Trace["difference"]): Trace => ({
    calls: call(A, "0x"),
    before,
    difference,
  });

  test("reads the slots it touched and the contracts it called", () => {
    const { reads } = footprint(trace({ [A]: { storage: { "0x1": "0x" } } }, none), new Set());
    expect([...reads]).toEqual([A, `${A}:0x1`]);
  });

  test("writes slots that changed, to zero as well", () => {
    const difference = {
      pre: { [A]: { storage: { "0x1": "0x5", "0x2": "0x6" } as Record<string, Hex> } },
      post: { [A]: { storage: { "0x1": "0x7" } as Record<string, Hex> } },
    };
    const { writes } = footprint(trace({}, difference), new Set());
    expect([...writes]).toEqual([`${A}:0x1`, `${A}:0x2`]);
  });

  test("writes contracts that came to be", () => {
    const { writes } = footprint(trace({}, { pre: {}, post: { [B]: { nonce: 1 } } }), new Set());
    expect([...writes]).toEqual([B]);
  });

  test("fills a balance, or needs it", () => {
    const difference = {
      pre: { [A]: { balance: "0x5" as Hex }, [B]: { balance: "0x5" as Hex } },
      post: { [A]: { balance: "0x6" as Hex }, [B]: { balance: "0x4" as Hex } },
    };
    const { reads, writes } = footprint(trace({}, difference), new Set());
    expect([...writes]).toEqual([`${A}:balance`]);
    expect([...reads]).toEqual([`${B}:balance`]);
  });

  test("leaves the sender out", () => {
    const difference = { pre: { [A]: { nonce: 1 } }, post: { [A]: { nonce: 2 } } };
    const { reads, writes } = footprint(trace({ [A]: {} }, difference), new Set([A]));
    expect([...reads, ...writes]).toEqual([]);
  });
});

const none = { pre: {}, post: {} };
