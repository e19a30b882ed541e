import { leaving } from "../src/plan.ts";

test("who is out, still runs and is not to come back is told of before it is stopped", () => {
  const running = ["a", "b", "c"];

  expect(leaving(["a", "b", "a", "gone"], { running, wanted: ["b", "c"] })).toEqual(["a"]);
});
