import { readManifest } from "../../src/graph/manifest.ts";

const mapping = "apiVersion: 0.0.9, file: { /: /ipfs/QmWasm }, abis: []";
const source = 'source: { address: "0x01", abi: Nexus }';

const manifest = (text: string) => readManifest("Qm1", async () => Buffer.from(text));
const dataSource = (text: string) => `dataSources: [{ name: Nexus, network: alpha, ${text} }]`;

test.each([
  ["kind: file/ipfs", "data sources of kind file/ipfs"],
  [`kind: ethereum, ${source}, mapping: { ${mapping.replace("0.0.9", "0.0.4")} }`, "apiVersion"],
  [`kind: ethereum, ${source}, mapping: { ${mapping}, callHandlers: [] }`, "callHandlers"],
  [`kind: ethereum, ${source}, mapping: { ${mapping}, blockHandlers: [] }`, "blockHandlers"],
  [
    `kind: ethereum, ${source}, mapping: { ${mapping}, eventHandlers: [{ receipt: true }] }`,
    "receipts for handlers",
  ],
  [
    `kind: ethereum, ${source}, mapping: { ${mapping}, eventHandlers: [{ topic1: [] }] }`,
    "filters of topics",
  ],
  [`kind: ethereum, ${source}, context: {}, mapping: { ${mapping} }`, "contexts"],
  [`kind: ethereum, source: { abi: Nexus }, mapping: { ${mapping} }`, "without an address"],
])("what the stand-in does not know (%s) is refused by its name", async (text, named) => {
  await expect(manifest(dataSource(text))).rejects.toThrow(named);
});

test("a graft and a feature are refused too", async () => {
  await expect(manifest("graft: {}\nfeatures: [grafting]")).rejects.toThrow(
    "the stand-in for graph-node does not know grafts, the feature grafting",
  );
});
