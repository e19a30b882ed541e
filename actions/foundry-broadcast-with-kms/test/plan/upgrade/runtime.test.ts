import type { Hex } from "@playbook/evm";
import { runtimeIn, runtimeNamed, runtimeOf } from "../../../src/plan/upgrade/runtime.ts";

const artifact = (name: string, object: string, more: object = {}, devdoc: object = {}) => ({
  deployedBytecode: { object, ...more },
  rawMetadata: JSON.stringify({
    settings: { compilationTarget: { [`src/${name}.sol`]: name } },
    output: { devdoc },
  }),
});

const vault = artifact("Vault", "0x6001aabb60026003", {
  immutableReferences: { "7": [{ start: 2, length: 2 }] },
});
const runtimes = [vault, artifact("Office", "0x60016002600360")].flatMap(runtimeIn);

test.each<[string, Hex, string | undefined]>([
  ["its own code", "0x6001aabb60026003", "src/Vault.sol:Vault"],
  ["another immutable", "0x6001ccdd60026003", "src/Vault.sol:Vault"],
  ["another instruction", "0x6001aabb60026004", undefined],
  ["a byte more", "0x6001aabb6002600300", undefined],
  ["no code", "0x", undefined],
])("a contract is known by %s", (_, code, expected) => {
  expect(runtimeOf(code, runtimes)?.contract).toBe(expected);
});

test("linked libraries are no difference either", () => {
  const [linked] = runtimeIn(
    artifact("Sums", `0x73__$${"a".repeat(34)}$__60`, {
      linkReferences: { "src/L.sol": { L: [{ start: 1, length: 20 }] } },
    }),
  );
  const code: Hex = `0x73${"12".repeat(20)}60`;
  expect(runtimeOf(code, linked ? [linked] : [])?.contract).toBe("src/Sums.sol:Sums");
});

test("what is no artifact, and an interface, are passed over", () => {
  expect(runtimeIn({ id: 1 })).toEqual([]);
  expect(runtimeIn(artifact("IVault", "0x"))).toEqual([]);
});

test("an annotation names what is upgraded, by a name that only one contract has", () => {
  const [annotated] = runtimeIn(
    artifact("New", "0x60", {}, { "custom:oz-upgrades-from": "Vault" }),
  );
  expect(annotated?.upgradesFrom).toBe("Vault");
  expect(runtimeNamed("Vault", runtimes)?.contract).toBe("src/Vault.sol:Vault");
  expect(runtimeNamed("src/Office.sol:Office", runtimes)?.contract).toBe("src/Office.sol:Office");
  const twice = [...runtimes, { ...(runtimes[0] as object), contract: "src/b/Vault.sol:Vault" }];
  expect(runtimeNamed("Vault", twice as typeof runtimes)).toBeUndefined();
});
