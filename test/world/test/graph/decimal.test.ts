import fc from "fast-check";
import { chance } from "../../../chance.ts";
import {
  compared,
  decimal,
  decimalText,
  dividedBy,
  minus,
  parseDecimal,
  plus,
  times,
} from "../../src/graph/decimal.ts";
import { fromSignedBytes, toSignedBytes } from "../../src/graph/wasm/heap.ts";

const of = parseDecimal;

test.each([
  ["0", "0"],
  ["-0.50", "-0.5"],
  ["1e3", "1000"],
  ["12.5e-3", "0.0125"],
  [".5", "0.5"],
  ["1000000000000000000000", "1000000000000000000000"],
])("%s is written %s", (text, written) => {
  expect(decimalText(of(text))).toBe(written);
});

test("what is no number is not read as one", () => {
  for (const text of ["", ".", "1x", "0x10"]) expect(() => of(text)).toThrow("failed to parse");
});

test("34 digits are kept, and the last one is rounded", () => {
  const third = dividedBy(of("1"), of("3"));
  expect(decimalText(third)).toBe(`0.${"3".repeat(34)}`);
  expect(decimalText(dividedBy(of("2"), of("3")))).toBe(`0.${"6".repeat(33)}7`);
  expect(() => dividedBy(of("1"), of("0"))).toThrow("Cannot divide by zero");
});

test("sums, differences and products are those of whole numbers, point or no point", () => {
  const small = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n });
  fc.assert(
    fc.property(small, small, (a, b) => {
      const [x, y] = [decimal(a, -6), decimal(b, -6)];
      expect(plus(x, y)).toEqual(decimal(a + b, -6));
      expect(minus(x, y)).toEqual(decimal(a - b, -6));
      expect(times(x, y)).toEqual(decimal(a * b, -12));
      expect(Math.sign(compared(x, y))).toBe(a < b ? -1 : a > b ? 1 : 0);
    }),
    chance(),
  );
});

test("a whole number of any length is the same after its bytes", () => {
  fc.assert(
    fc.property(fc.bigInt(), (value) => {
      expect(fromSignedBytes(toSignedBytes(value))).toBe(value);
    }),
    chance(),
  );
  expect(toSignedBytes(128n)).toHaveLength(2);
  expect(toSignedBytes(-128n)).toHaveLength(1);
  expect(fromSignedBytes(new Uint8Array())).toBe(0n);
});
