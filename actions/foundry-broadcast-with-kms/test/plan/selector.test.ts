import type { Hex } from "@playbook/evm";
import { id } from "ethers";
import { waitFor } from "../../src/plan/selector.ts";

const call = (signature: string) => id(signature).slice(0, 10) as Hex;

test.each([
  ["grantRole(bytes32,address)", "role"],
  ["renounceRole(bytes32,address)", "role"],
  ["transferOwnership(address)", "ownership"],
  ["acceptOwnership()", "ownership"],
  ["changeProxyAdmin(address,address)", "ownership"],
  ["upgradeToAndCall(address,bytes)", "upgrade"],
  ["upgradeAndCall(address,address,bytes)", "upgrade"],
  ["deposit()", null],
])("%s waits for %s", (signature, wait) => {
  expect(waitFor([call(signature)], 0n)).toBe(wait);
});

test("value waits, but what it is sent with says more", () => {
  expect(waitFor([], 1n)).toBe("value");
  expect(waitFor([call("grantRole(bytes32,address)")], 1n)).toBe("role");
});

test("of the calls within a batch the gravest counts", () => {
  const batch = ["multicall(bytes[])", "grantRole(bytes32,address)", "upgradeTo(address)"];
  expect(waitFor(batch.map(call), 0n)).toBe("upgrade");
});
