import { blockIn, bucketIn } from "../src/index.ts";

const word = (digit: string) => `0x${digit.repeat(64)}`;

const answer = {
  number: "0x10",
  hash: word("A"),
  parentHash: word("b"),
  stateRoot: word("c"),
  timestamp: "0x65",
  transactions: [],
};

test("a block is read as an Ethereum node answers it, its hashes in small letters", () => {
  expect(blockIn(answer)).toEqual({
    height: 16,
    hash: word("a"),
    parentHash: word("b"),
    stateRoot: word("c"),
    timestamp: 101,
  });
});

test.each([
  ["without a hash", { ...answer, hash: undefined }],
  ["whose height is no number", { ...answer, number: "ten" }],
  ["that is text", "block"],
])("an answer %s is none", (_, given) => {
  expect(() => blockIn(given)).toThrow(expect.objectContaining({ code: "bad-node-answer" }));
});

test("the place of the backups is a bucket and a prefix in it", () => {
  expect(bucketIn("s3://backups/chains/axon")).toEqual({
    bucket: "backups",
    prefix: "chains/axon",
  });
  for (const wrong of ["s3://backups", "s3://backups/", "backups/axon", "s3://b/axon/", ""]) {
    expect(() => bucketIn(wrong)).toThrow(expect.objectContaining({ code: "bad-input" }));
  }
});
