import { misnamed } from "../src/plan/misnamed.ts";

test.each(["axon", "a1", "arbitrumsepolia"])("agents take a chain called %s", (name) => {
  expect(misnamed(name)).toBeUndefined();
});

test.each(["my-chain", "Axon", "1axon", "my_chain"])(
  "that they take none called %s is told",
  (name) => {
    expect(misnamed(name)).toContain(`no chain called ${name}`);
  },
);
