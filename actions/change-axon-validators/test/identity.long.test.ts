import { until } from "@playbook/world";
import { makeByHand } from "./hand-made.ts";
import { ask, change, openPlace, type Place, wanted } from "./place.ts";

let place: Place;
beforeAll(async () => {
  place = await openPlace("el-axon");
}, 1_200_000);
afterAll(() => place?.[Symbol.asyncDispose]());

test("pods whose keys are said the wrong way round are found, and nothing is changed", async () => {
  const chain = await makeByHand(place.cluster, "axon", { followers: 1, interval: 300 });
  const head = () => ask<string>(place, "axon/axon-2-0", "eth_blockNumber").then(Number);
  await until(async () => (await head().catch(() => 0)) > 0);
  const validators = wanted(chain.validators);
  const right = chain.validators.map(({ pod, publicKey }): [string, string] => [pod, publicKey]);
  const [[first, firstKey], [second, secondKey], ...rest] = right as [
    [string, string],
    [string, string],
    ...[string, string][],
  ];
  const publicKeys = new Map([[first, secondKey], [second, firstKey], ...rest] as typeof right);
  const swapped = {
    code: "pod-of-another",
    why: expect.stringContaining(`axon-1-0 shows ${firstKey} to its peers`),
  };

  const planned = await change(place.cluster, chain, { mode: "plan", validators, publicKeys });
  expect(planned.outputs).toMatchObject({ "can-apply": false });
  expect(planned.failure).toMatchObject(swapped);
  const applied = change(place.cluster, chain, { validators, publicKeys });
  await expect(applied).rejects.toMatchObject(swapped);

  const { outputs } = await change(place.cluster, chain, { mode: "plan", validators });
  expect(outputs).toMatchObject({ "can-apply": true, changes: [{ kind: "add" }] });
}, 300_000);
