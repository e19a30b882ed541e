import { argumentsOf, type ContractName, callOf, creationOf } from "../src/contract.ts";
import { creationGas, setGas } from "../src/gas.ts";
import { account, SAFE } from "./wishes.ts";

const some = (count: number) => Array.from({ length: count }, (_, at) => account(100 + at));
const domains = (count: number) => Array.from({ length: count }, (_, at) => 1_000_000 + at);

const router = (count: number) => [SAFE, domains(count), some(count)];
const set = (count: number) => [some(count), 1];

/** What they took on anvil. */
const TAKEN: [ContractName, count: number, (count: number) => unknown[], gas: number][] = [
  ["AtomicInitIncrementalDomainRoutingIsm", 7, router, 1_929_440],
  ["AtomicInitIncrementalDomainRoutingIsm", 20, router, 2_857_071],
  ["AtomicInitIncrementalDomainRoutingIsm", 50, router, 4_998_896],
  ["StorageMessageIdMultisigIsm", 50, set, 2_530_446],
  ["StorageAggregationIsm", 50, set, 2_284_621],
];

test.each(TAKEN)(
  "a new %s of %i has gas for all that it is told",
  (contract, count, argsOf, taken) => {
    const args = argsOf(count);
    const limit = creationGas(creationOf(contract, args), argumentsOf(contract, args));
    expect(limit).toBeGreaterThan(taken * 1.1);
    expect(limit).toBeLessThan(taken * 2.5);
  },
);

test.each([120, 150, 185])(
  "a router of %i takes far less than it has, so that much of it can be spared",
  (count) => {
    const args = router(count);
    const contract = "AtomicInitIncrementalDomainRoutingIsm";
    const limit = creationGas(creationOf(contract, args), argumentsOf(contract, args));
    const [least, most] = [1_929_440, 4_998_896];
    expect(most + ((count - 50) * (most - least)) / (50 - 7)).toBeLessThan(0.65 * limit);
  },
);

test.each([
  [60, 500_000],
  [255, 1_810_000],
  [760, 5_200_000],
])("a factory that makes a set of %i has gas for it, and asks for little more", (count, taken) => {
  const data = callOf("StaticMessageIdMultisigIsmFactory", "deploy(address[],uint8)", [
    ...[some(count), 200],
  ]);
  expect(setGas(data)).toBeGreaterThan(taken * 1.1);
  expect(setGas(data)).toBeLessThan(taken * 2.5);
});
