import { misnamed } from "../src/plan/misnamed.ts";

test.each(["axon", "a1", "axonsepolia"])("agents take a chain called %s", (name) => {
  expect(misnamed(name, 5)).toBeUndefined();
});

test.each(["my-chain", "Axon", "1axon", "my_chain"])(
  "that they take none called %s is told",
  (name) => {
    expect(misnamed(name, 5)).toContain(`no chain called ${name}`);
  },
);

test("that agents know another chain by its name or its domain is told", () => {
  expect(misnamed("sepolia", 11155111)).toBeUndefined();
  expect(misnamed("sepolia", 5)).toContain("they take no sepolia with domain 5");
  expect(misnamed("anvil", 31337)).toContain("know test4 by themselves, with domain 31337");
});
