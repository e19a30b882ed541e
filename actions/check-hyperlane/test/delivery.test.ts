import type { Address } from "@playbook/evm";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { type Delivery, risesOf, spentOn } from "../src/delivery.ts";

const relayer = `0x${"1".repeat(40)}` as Address;
const delivery = (origin: number, gas: number, hasArrived: boolean): Delivery => ({
  ...{ relayer, origin, gas, hasArrived },
});

test("what was spent is told by route, and what was wasted of it", () => {
  const names = new Map([[5, "five"]]);
  const all = [delivery(7, 9, false), delivery(5, 100, true), delivery(5, 20, false)];
  expect(spentOn("end", all, names)).toEqual([
    {
      route: { origin: "five", destination: "end" },
      ...{ delivered: 1, gas: 100, reverted: 1, wasted: 20 },
    },
    {
      route: { origin: "domain 7", destination: "end" },
      ...{ delivered: 0, gas: 0, reverted: 1, wasted: 9 },
    },
  ]);
});

test("each block in which a nonce rose is found, in few requests", async () => {
  const heights = fc.uniqueArray(fc.integer({ min: 1, max: 127 }), { maxLength: 127 });
  await fc.assert(
    fc.asyncProperty(heights, async (raised) => {
      let asked = 0;
      const countAt = async (height: number) => {
        asked += 1;
        return raised.filter((one) => one <= height).length;
      };
      const found = await risesOf(countAt, 0, 127);
      expect(found).toEqual(raised.toSorted((a, b) => a - b));
      expect(asked).toBeLessThanOrEqual(2 + Math.min(126, 7 * raised.length));
    }),
    chance(),
  );
});
