import { readHardforks, readHerald } from "../src/hardforks.ts";

const FLAGS = `${"00".repeat(24)}01${"00".repeat(7)}`;

/** `extraData` of a block whose leader was prepared for block 40. */
const PREPARED = `0xe5e4a3e228a0${FLAGS}`;

/** What el-axon writes: whether the metadata changes, alone and with a fork behind it. */
const EL_AXON = ["0xc2c100", "0xc2c101", `0xe7c100${PREPARED.slice(4)}`];

const block = (extraData: string) => ({
  ...{ number: "0x11", timestamp: "0x6925f1c0", hash: "0x00", extraData },
});

test("how far a fork is, is read by its name", () => {
  expect(readHardforks({})).toEqual({});
  expect(readHardforks({ Andromeda: "determined" })).toEqual({ Andromeda: "determined" });
  expect(() => readHardforks({ Andromeda: "soon" })).toThrow(
    expect.objectContaining({ code: "bad-axon-answer" }),
  );
});

test("a block of a leader that was prepared carries the fork, with its height", () => {
  expect(readHerald(block(PREPARED))).toEqual({
    ...{ height: 17, timestamp: 0x6925f1c0 },
    fork: { height: 40, features: ["Andromeda"] },
  });
});

test.each(["0x", "0xc0"])("a block with %s carries none", (extraData) => {
  expect(readHerald(block(extraData))).toMatchObject({ fork: null });
});

test.each([...EL_AXON, "0xff", "0xe5e4", "0x80", "0xc1c0", PREPARED.slice(0, -2)])(
  "what %s says is none of Axon's forks",
  (extraData) => {
    expect(readHerald(block(extraData))).toMatchObject({ fork: "foreign" });
  },
);

test("there is no block, or no answer", () => {
  expect(readHerald(null)).toBeNull();
  expect(() => readHerald({ number: "0x1" })).toThrow(
    expect.objectContaining({ code: "bad-axon-answer" }),
  );
});
