import { readFile } from "node:fs/promises";
import { access } from "@playbook/access/format";
import { until } from "@playbook/world";
import { parse } from "yaml";
import { giveRules, refusedTo, usedBy, userOf } from "../../../test/kubernetes-rights.ts";
import { type HandMadeChain, makeByHand } from "./hand-made.ts";
import { ask, change, openPlace, type Place, wanted } from "./place.ts";

const USER = userOf("governance");

let place: Place;
beforeAll(async () => {
  place = await openPlace("axon");
}, 1_200_000);
afterAll(() => place?.[Symbol.asyncDispose]());

const first = (chain: HandMadeChain, count: number) => wanted(chain.validators.slice(0, count));

test("a chain whose epochs end in years is told so, with what there is to do", async () => {
  const chain = await makeByHand(place.cluster, "years", { followers: 1 });

  const planned = await change(place.cluster, chain, { mode: "plan", validators: first(chain, 5) });
  const applied = change(place.cluster, chain, { validators: first(chain, 5) });

  expect(planned.failure).toMatchObject({
    code: "epoch-too-far",
    what: expect.stringContaining("block 200000001"),
    why: expect.stringContaining("years"),
  });
  await expect(applied).rejects.toMatchObject({ code: "epoch-too-far" });
  expect(planned.outputs).toMatchObject({ "last-block": "199999999", "can-apply": false });
}, 200_000);

test("with epochs that end soon, a fifth one votes from the next epoch on", async () => {
  const chain = await makeByHand(place.cluster, "soon", {
    ...{ followers: 1, interval: 300, epochEnd: 40 },
  });
  const validators = first(chain, 5);
  const planned = await change(place.cluster, chain, { mode: "plan", validators });
  expect(planned.outputs).toMatchObject({ way: "epoch", "last-block": "79" });
  expect(planned.summary).toContain("The chain ends with block 79");

  const file = await readFile(new URL("../access.yml", import.meta.url), "utf8");
  const rules = access.parse(parse(file)).kubernetes;
  await giveRules(place.cluster, { system: "governance", namespace: "soon", rules });
  place.cluster.gate.forget();

  const early = await change(place.cluster, chain, {
    ...{ validators, kubeconfig: await place.cluster.kubeconfig(USER) },
    epochWait: 60_000,
    patience: 60_000,
  });
  expect(early.outputs).toMatchObject({ outcome: "done", "last-block": "119" });
  expect(early.summary).toMatch(/To be restarted: each validator .* when block 80 came/);
  expect(refusedTo(place.cluster, USER)).toEqual([]);
  expect(usedBy(place.cluster, USER)).toContain("delete pods");
  expect(early.said.join("\n")).toMatch(/axon-5.* has started anew/);

  const metadata = (height: number) =>
    ask<{ verifier_list: unknown[]; epoch: string }>(
      place,
      "soon/axon-1-0",
      "axon_getMetadataByNumber",
      [`0x${height.toString(16)}`],
    );
  expect((await metadata(80)).verifier_list).toHaveLength(4);
  expect(await metadata(81)).toMatchObject({ epoch: "0x2", verifier_list: expect.any(Array) });
  expect((await metadata(81)).verifier_list).toHaveLength(5);

  // Its votes count, its own node's too: with another one away the chain goes on by them.
  for (const other of ["axon-2-0", "axon-3-0", "axon-4-0", "axon-5-0"]) {
    await place.pods.cut("soon/axon-1-0", `soon/${other}`);
  }
  const height = () => ask<string>(place, "soon/axon-5-0", "eth_blockNumber").then(Number);
  const before = await height();
  await until(async () => (await height()) > before + 8);
  const signatures = await place.pods.signatures();
  expect(signatures.equivocations()).toEqual([]);
  expect(signatures.usedTwice()).toEqual([]);
}, 300_000);
