import type { Hex } from "@playbook/evm";
import fc from "fast-check";
import { isCodeOf, runtimeOf, VERSION } from "../src/contract.ts";
import { contracts } from "../src/contracts.generated.ts";
import type { ContractName } from "../src/index.ts";

const names = Object.keys(contracts) as ContractName[];

/** How the compiler ends a contract: with its own version, and how long that is. */
const END = /64736f6c6343[0-9a-f]{6}0033$/;

const ROOM = `7f${"0".repeat(64)}`;

test.each(names)("the code that %s leaves behind is told by all of it", (name) => {
  const runtime = runtimeOf(name);
  expect(runtime).toMatch(END);
  expect(isCodeOf(name, runtime)).toBe(true);

  const filled = runtime.replaceAll(ROOM, `7f${"5a".repeat(32)}`) as Hex;
  expect(isCodeOf(name, filled)).toBe(true);
  const last = filled.slice(0, -2);
  for (const other of ["0x", last, `${filled}00`, `${last}ff`, runtime.replace("0x60", "0x61")]) {
    expect(isCodeOf(name, other as Hex)).toBe(false);
  }
});

test("no part of a contract's code is that contract, or another", () => {
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.constantFrom(...names), fc.nat(), (of, name, cut) => {
      const runtime = runtimeOf(of);
      const part = runtime.slice(0, 2 + 2 * (cut % (runtime.length / 2 - 1))) as Hex;
      expect(isCodeOf(name, part)).toBe(false);
    }),
  );
});

test("contracts that say their version are of the one that is pinned", () => {
  const saying = names.filter((name) => String(contracts[name].abi).includes("PACKAGE_VERSION"));
  expect(saying).toContain("Mailbox");
  const version = Buffer.from(VERSION).toString("hex");
  for (const name of saying)
    expect([name, runtimeOf(name).includes(version)]).toEqual([name, true]);
});
