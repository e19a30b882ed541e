import { keccak256 } from "ethers";
import { readContracts } from "../../../scripts/hyperlane/contracts.ts";
import { contracts } from "../src/contracts.generated.ts";

test("every contract is what the pinned package publishes, bytes and interface", async () => {
  const published = await readContracts();
  expect(Object.keys(contracts)).toEqual(Object.keys(published));
  for (const [name, { abi, bytecode }] of Object.entries(contracts)) {
    expect([name, keccak256(bytecode)]).toEqual([
      name,
      keccak256(published[name]?.bytecode ?? "0x"),
    ]);
    expect(abi).toEqual(published[name]?.abi);
  }
});
