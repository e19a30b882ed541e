import { safeBatches } from "../src/index.ts";
import { account, SAFE } from "./wishes.ts";

const other = account(3);

const asked = (by: typeof SAFE, number: number) => ({
  chain: "here",
  by,
  to: account(number),
  data: `0x0${number}` as const,
  label: `Mailbox.set(${number})`,
  after: [],
});

const about = { chainId: 5, name: "Hyperlane on here", createdAt: 1_700_000_000_000 };

test("each Safe has a batch of what it is asked for, in order", () => {
  const batches = safeBatches([asked(SAFE, 4), asked(other, 5), asked(SAFE, 6)], about);
  expect(batches).toMatchObject([
    {
      version: "1.0",
      chainId: "5",
      meta: {
        createdFromSafeAddress: SAFE,
        description: "Mailbox.set(4)\nMailbox.set(6)",
        checksum: "0xbf49e7640092d949e9f8cb33df9f76370a345f9f6938a5672ec477cbe4235da5",
      },
      transactions: [
        { to: account(4), value: "0", data: "0x04" },
        { to: account(6), value: "0", data: "0x06" },
      ],
    },
    { meta: { createdFromSafeAddress: other }, transactions: [{ data: "0x05" }] },
  ]);
});

test("the checksum is of all but the name", () => {
  const checksum = (over: object) =>
    safeBatches([asked(SAFE, 4)], { ...about, ...over })[0]?.meta.checksum;
  expect(checksum({ name: "another" })).toBe(checksum({}));
  expect(checksum({ chainId: 6 })).not.toBe(checksum({}));
});
