import { Masks } from "../src/runner/masks.ts";

test("every line of a secret is masked by itself, and the longest first", () => {
  const masks = new Masks(["first\nsecond", "sec"]);

  expect(masks.apply("a first, a second, a sec")).toBe("a ***, a ***, a ***");
});

test("an empty secret masks nothing", () => {
  expect(new Masks(["", "\n"]).apply("as it is")).toBe("as it is");
});
