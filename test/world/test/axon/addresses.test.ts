import { type Addresses, reserveAddresses } from "../../src/axon/addresses.ts";

const COUNT = 5_000;

const taken = (from: Addresses) => Array.from({ length: COUNT }, () => from.next());

test("a world has thousands of addresses, and none of another's", async () => {
  await using one = await reserveAddresses();
  await using other = await reserveAddresses();
  const all = [...taken(one), ...taken(other)];

  expect(new Set(all).size).toBe(2 * COUNT);
  for (const address of all) expect(address).toMatch(/^127\.(1[6-9]|2\d|3[01])(\.\d{1,3}){2}$/);
});

test("one that has given all away says so", async () => {
  await using addresses = await reserveAddresses();
  taken(addresses);

  expect(() => taken(addresses)).toThrow("all 8000 addresses have been given away");
});
