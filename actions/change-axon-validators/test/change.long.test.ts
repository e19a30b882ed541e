import { contextForTests } from "@playbook/action/testing";
import { generateKeyPair, publicHalfOf } from "@playbook/axon";
import { until } from "@playbook/world";
import { impatient, knowing } from "../../helm-rollout-axon/test/killed/clock.ts";
import { type HandMadeChain, makeByHand } from "./hand-made.ts";
import { ask, change, inputsFor, openPlace, type Place, SIGNER, wanted } from "./place.ts";
import { changeBehindTheBack } from "./stranger.ts";

let place: Place;
let chain: HandMadeChain;
beforeAll(async () => {
  place = await openPlace("el-axon");
  chain = await makeByHand(place.cluster, "axon", { followers: 2 });
  // What is waited for here is blocks: votes, turns and epochs.
  await place.pods.hurry("axon");
}, 1_200_000);
afterAll(() => place?.[Symbol.asyncDispose]());

const first = (count: number) => wanted(chain.validators.slice(0, count));
const keysOf = (count: number) =>
  chain.validators
    .slice(0, count)
    .map(({ publicKey }) => publicKey)
    .sort();
const sorted = (keys: unknown) => [...(keys as string[])].sort();

const RECORD = "/api/v1/namespaces/axon/configmaps/axon-validator-set";

/** A context in which something happens once a line is said. */
function when(says: string, happens: () => unknown) {
  const context = contextForTests();
  let done = false;
  const progress = (line: string) => {
    context.said.push(line);
    if (done || !line.includes(says)) return;
    done = true;
    happens();
  };
  return Object.assign(context, { progress });
}

test("a plan shows each change and the way, and changes nothing", async () => {
  const { outputs, summary, failure } = await change(place.cluster, chain, {
    mode: "plan",
    validators: first(6),
  });

  expect(failure).toBeUndefined();
  expect(outputs).toMatchObject({
    way: "at-once",
    "can-apply": true,
    changes: [
      { kind: "add", publicKey: chain.validators[4]?.publicKey, weight: 1 },
      { kind: "add", publicKey: chain.validators[5]?.publicKey, weight: 1 },
    ],
  });
  expect(summary).toContain("with the next block");
  expect(summary).toContain("Nobody has announced");
  expect(await place.cluster.api.find(RECORD)).toBeUndefined();
});

test("a set of four is announced as it is, though five are the fewest to be wanted", async () => {
  const asItIs = { validators: undefined, minValidators: 5 };

  const planned = await change(place.cluster, chain, { ...asItIs, mode: "plan" });
  const { outputs } = await change(place.cluster, chain, asItIs);

  expect(planned.outputs).toMatchObject({ "can-apply": true });
  expect(outputs).toMatchObject({ outcome: "done" });
  expect(sorted(outputs.validators)).toEqual(keysOf(4));
  await expect(
    change(place.cluster, chain, { validators: first(4), minValidators: 5 }),
  ).rejects.toMatchObject({ code: "too-few-validators" });
});

test("a fifth one is taken in, and its weight and its turns are changed", async () => {
  const grown = await change(place.cluster, chain, { validators: first(5) });
  expect(grown.outputs).toMatchObject({ outcome: "done" });

  const heavier = first(5).map((one, at) =>
    at === 1 ? { ...one, vote_weight: 2, propose_weight: 3 } : one,
  );
  const { outputs, said } = await change(place.cluster, chain, { validators: heavier });

  expect(outputs).toMatchObject({ outcome: "done" });
  expect(said.filter((line) => line.includes("weighs otherwise"))).toHaveLength(1);
  const { verifier_list } = await ask<{ verifier_list: Record<string, string>[] }>(
    place,
    "axon/axon-1-0",
    "axon_getCurrentMetadata",
  );
  const second = chain.validators[1]?.publicKey;
  expect(verifier_list.find(({ pub_key }) => pub_key === second)).toMatchObject({
    vote_weight: "0x2",
    propose_weight: "0x3",
  });
  const back = await change(place.cluster, chain, { validators: first(5) });
  expect(back.outputs).toMatchObject({ outcome: "done" });
  expect(await place.cluster.api.list("/apis/batch/v1/namespaces/axon/jobs")).toEqual([]);
}, 200_000);

test("one whose node votes with another key than was announced is taken out again", async () => {
  const sixth = chain.validators[5];
  const { blsPublicKey } = publicHalfOf(generateKeyPair());
  const named = chain.validators.slice(0, 5).concat(sixth ? { ...sixth, blsPublicKey } : []);

  const { outputs, failure } = await change(place.cluster, chain, {
    validators: wanted(named),
    patience: 10_000,
  });

  expect(failure).toMatchObject({ code: "newcomer-silent" });
  expect(sorted(outputs.validators)).toEqual(keysOf(5));
}, 200_000);

test("a change that nobody announced is found, by whoever looks; nothing more is changed", async () => {
  const [signer] = chain.validators;
  if (!signer) throw new Error("There is nobody.");
  await changeBehindTheBack(place, chain, signer, chain.validators.slice(0, 4));

  const looked = await change(place.cluster, chain, { mode: "plan", validators: undefined });
  expect(looked.failure).toMatchObject({
    code: "set-unannounced",
    what: expect.stringContaining("axon-5-0"),
  });
  const applied = await change(place.cluster, chain, { validators: first(5) });
  expect(applied.failure).toMatchObject({ code: "set-unannounced" });
  expect(sorted(applied.outputs.validators)).toEqual(keysOf(4));

  const accepted = await change(place.cluster, chain, { validators: first(5), acceptSet: true });
  expect(accepted.outputs).toMatchObject({ outcome: "done" });
  const again = await change(place.cluster, chain, { mode: "plan", validators: undefined });
  expect(again.failure).toBeUndefined();
}, 200_000);

test("of two runs at once one goes on, and the other says whose turn it is", async () => {
  let second: Promise<unknown> = Promise.resolve();
  const context = when("is taken in", () => {
    second = change(place.cluster, chain, { validators: first(6) }).catch((error) => error);
  });

  const { outputs } = await change(place.cluster, chain, { validators: first(6) }, context);

  expect(outputs).toMatchObject({ outcome: "done" });
  expect(await second).toMatchObject({ code: "change-under-way" });
}, 200_000);

test("a run that was thought dead changes nothing any more", async () => {
  const context = when("signs the call", async () => {
    const { data } = await place.cluster.api.get(RECORD);
    await place.cluster.api.patch(RECORD, { data: { ...data, beat: "another's" } });
  });

  const taken = change(place.cluster, chain, { validators: first(5) }, context);

  await expect(taken).rejects.toMatchObject({ code: "change-taken-over" });
  expect(context.warnings).toEqual([]);
  const { outputs } = await change(place.cluster, chain, { validators: first(5) }, knowing());
  expect(outputs).toMatchObject({ outcome: "done" });
  expect(sorted(outputs.validators)).toEqual(keysOf(5));
}, 200_000);

test("what cannot go well is refused before anything is signed", async () => {
  const { cluster } = place;
  const [one, ...others] = chain.validators.slice(0, 5);
  if (!one) throw new Error("There is nobody.");
  const { blsPublicKey } = publicHalfOf(generateKeyPair());
  const half = wanted([{ ...one, blsPublicKey }, ...others]);

  const code = async (changes: Parameters<typeof change>[2]) => {
    const applied = await change(cluster, chain, changes).catch((failure) => ({ failure }));
    return applied.failure?.code;
  };

  expect(await code({ validators: first(3) })).toBe("too-few-validators");
  expect(await code({ validators: half })).toBe("half-rotated");
  expect(await code({ validators: first(6), keyVolumes: ["secrets"] })).toBe("no-signer");
  expect(await code({ validators: first(6), signerImage: undefined })).toBe("no-signer");
  const planned = await change(cluster, chain, {
    mode: "plan",
    validators: first(6),
    keyVolumes: ["secrets"],
  });
  expect(planned.failure).toMatchObject({ code: "no-signer" });
  const inputs = await inputsFor(cluster, chain, { publicKeys: new Map() });
  const { run } = await import("../src/run.ts");
  await expect(run(inputs, contextForTests())).rejects.toMatchObject({ code: "no-nodes" });
}, 200_000);

test("a signer that cannot be started, or finds no key, is named with what is wrong", async () => {
  const absent = SIGNER.replaceAll("5", "6");
  const context = contextForTests();
  const pulled = change(
    place.cluster,
    chain,
    { validators: first(6), signerImage: absent },
    context,
  );
  await expect(pulled).rejects.toMatchObject({
    code: "signer-failed",
    why: expect.stringMatching(/ErrImagePull|ImagePullBackOff/),
  });
  expect(context.said).toContainEqual(
    expect.stringMatching(/^axon-sign-.*ErrImagePull.*not found/),
  );

  const keyless = contextForTests();
  await expect(
    change(place.cluster, chain, { validators: first(6), keyFile: "bls.key" }, keyless),
  ).rejects.toMatchObject({
    code: "signer-failed",
    why: expect.stringContaining("The key is not that of"),
  });
  // The run before it has said that it ends: nobody has to find out.
  expect(keyless.said).not.toContainEqual(expect.stringContaining("is it alive?"));

  const { outputs } = await change(place.cluster, chain, { validators: first(5) });
  expect(outputs).toMatchObject({ outcome: "done" });
}, 300_000);

/** No pod more in the namespace. Resolves to the quota's path once it counts. */
async function fullQuota(): Promise<string> {
  const path = "/api/v1/namespaces/axon/resourcequotas";
  const metadata = { name: "full" };
  const spec = { hard: { pods: "0" } };
  const { api } = place.cluster;
  await api.create(path, { apiVersion: "v1", kind: "ResourceQuota", metadata, spec });
  await until(async () => (await api.get(`${path}/full`)).status?.hard !== undefined);
  return `${path}/full`;
}

test("a signer that neither signs nor fails is given up, with what is known of its pod", async () => {
  const { clock, hurry } = impatient();
  const context = Object.assign(when("signs the call.", hurry), { clock });
  const quota = await fullQuota();

  const stuck = change(place.cluster, chain, { validators: first(6) }, context);

  await expect(stuck).rejects.toMatchObject({
    code: "signer-failed",
    why: expect.stringMatching(/^It has not ended in 180 s\. It has no pod: a quota/),
  });
  await place.cluster.api.delete(quota);
  const { outputs } = await change(place.cluster, chain, { validators: first(5) });
  expect(outputs).toMatchObject({ outcome: "done" });
}, 300_000);

test("nothing is begun while a rollout is under way", async () => {
  const path = "/api/v1/namespaces/axon/configmaps";
  const metadata = { name: "axon-rollout" };
  const data = { run: "run 7", outcome: "" };
  await place.cluster.api.create(path, { apiVersion: "v1", kind: "ConfigMap", metadata, data });

  const begun = change(place.cluster, chain, { validators: first(6) });

  await expect(begun).rejects.toMatchObject({
    code: "rollout-unfinished",
    why: expect.stringContaining("run 7"),
  });
  await place.cluster.api.delete(`${path}/axon-rollout`);
});

test("no key has signed twice, none was in two nodes, and none is in what was left behind", async () => {
  const signatures = await place.pods.signatures();
  expect(signatures.equivocations()).toEqual([]);
  expect(signatures.usedTwice()).toEqual([]);

  const left = JSON.stringify([
    await place.cluster.api.get(RECORD),
    await place.cluster.api.list("/apis/batch/v1/jobs"),
    await place.cluster.api.list("/api/v1/events"),
  ]);
  for (const { keys } of chain.validators) {
    expect(left).not.toContain(Buffer.from(keys.net).toString("hex"));
    expect(left).not.toContain(Buffer.from(keys.net).toString("base64"));
  }
});
