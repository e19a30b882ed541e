import { hardforkOf } from "../../src/plan/live.ts";

test.each([
  { knows: ["PUSH0", "TLOAD", "CLZ"], baseFee: true, hardfork: "osaka" },
  { knows: ["PUSH0", "TLOAD"], baseFee: true, hardfork: "prague" },
  { knows: ["PUSH0"], baseFee: true, hardfork: "shanghai" },
  { knows: ["PUSH0"], baseFee: false, hardfork: "shanghai" },
  { knows: [], baseFee: true, hardfork: "paris" },
  { knows: [], baseFee: false, hardfork: "berlin" },
])("a chain that executes $knows is forked as $hardfork", ({ knows, baseFee, hardfork }) => {
  expect(hardforkOf(new Set(knows), baseFee)).toBe(hardfork);
});
