import { readMetadata } from "../src/metadata.ts";
import { METADATA, VALIDATORS } from "./vectors.ts";

test("who votes is read from the chain's metadata", () => {
  expect(readMetadata(METADATA)).toMatchObject({
    version: { start: 0n, end: 1_000_000_000n },
    epoch: 0n,
    verifier_list: VALIDATORS.map((it) => ({ ...it, propose_weight: 1, vote_weight: 1 })),
    consensus_config: { interval: 3000n, max_contract_limit: 0x6000n },
  });
});

test("metadata from before the fork has no limit of contracts", () => {
  const { max_contract_limit: _, ...consensus_config } = METADATA.consensus_config;
  const { consensus_config: read } = readMetadata({ ...METADATA, consensus_config });
  expect(read.max_contract_limit).toBeUndefined();
});

test.each([null, {}, { ...METADATA, epoch: 0 }, { ...METADATA, verifier_list: [{}] }])(
  "%j is no metadata",
  (answer) => {
    expect(() => readMetadata(answer)).toThrow(
      expect.objectContaining({ code: "bad-axon-answer" }),
    );
  },
);
