import { readFile } from "node:fs/promises";
import { until } from "@playbook/world";
import { checkKeysAreSecret } from "../../../packages/release/src/preflight/keys/keys.ts";
import { type AxonChain, newChain } from "../../helm-rollout-axon/test/axon-chain.ts";
import { type HandMadeChain, makeByHand, moveKeys } from "./hand-made.ts";
import { ask, change, openPlace, type Place, wanted } from "./place.ts";

let place: Place;
beforeAll(async () => {
  place = await openPlace("el-axon");
}, 1_200_000);
afterAll(() => place?.[Symbol.asyncDispose]());

type Block = { header: { number: string; proof: { round: string } } };

/** In which round each block was committed: how often a leader was waited for in vain. */
async function roundsOf(pod: string, from: number, to: number): Promise<number[]> {
  const rounds: number[] = [];
  for (let height = from + 1; height <= to; height += 1) {
    const id = `0x${height.toString(16)}`;
    const { header } = await ask<Block>(place, pod, "axon_getBlockById", [id]);
    rounds.push(Number(header.proof.round));
  }
  return rounds;
}

/** The managed release: whoever is new in it follows the chain, and has no vote yet. */
function releaseOf(release: AxonChain, { spec }: HandMadeChain, count: number) {
  const validators = release.validators.slice(0, count).map((one) => ({ ...one, genesis: false }));
  return { chain: { spec }, validators };
}

test("a live hand-made chain of four becomes a managed one of five, then seven, without a stop", async () => {
  const { cluster } = place;
  const old = await makeByHand(cluster, "axon");
  const release = await newChain(cluster, "axon", { count: 7, exists: true });
  const five = release.validators.slice(0, 5);

  const network = { bootstraps: old.bootstraps, policy: { peers: [{ podSelector: {} }] } };
  const first = { ...releaseOf(release, old, 5), network };
  const installed = await release.roll(first, { minValidators: 4 });
  expect(installed.report.outputs).toMatchObject({ outcome: "done" });
  const begun = Number(installed.report.outputs.height);

  const managed = await change(cluster, old, { validators: wanted(five), stopRemoved: true });
  expect(managed.failure).toBeUndefined();
  expect(managed.outputs).toMatchObject({ outcome: "done" });
  expect([...(managed.outputs.validators as string[])].sort()).toEqual(
    five.map(({ publicKey }) => publicKey).sort(),
  );

  const grown = await release.roll(releaseOf(release, old, 7));
  expect(grown.report.outputs).toMatchObject({ outcome: "done" });
  const seven = await change(cluster, old, { validators: wanted(release.validators) });
  expect(seven.outputs).toMatchObject({ outcome: "done" });
  expect(seven.outputs.validators).toHaveLength(7);

  const pods = await cluster.api.list("/api/v1/namespaces/axon/pods");
  expect(pods.map(({ metadata }) => metadata.name).sort()).toEqual(
    release.validators.map(({ name }) => `axon-${name}-0`).sort(),
  );
  const rounds = await roundsOf("axon/axon-v0-0", begun, Number(seven.outputs.height));
  expect(Math.max(...rounds)).toBeLessThanOrEqual(3);
  const signatures = await place.pods.signatures();
  expect(signatures.equivocations()).toEqual([]);
  expect(signatures.usedTwice()).toEqual([]);
}, 900_000);

test("a chain whose keys are in ConfigMaps is told so, and goes on as the README says", async () => {
  const { cluster } = place;
  const options = { keysIn: "ConfigMap", followers: 1, interval: 300 } as const;
  const chain = await makeByHand(cluster, "open", options);
  const [one] = chain.validators;
  if (!one) throw new Error("There is nobody.");
  const validators = wanted(chain.validators);
  const head = () => ask<string>(place, "open/axon-2-0", "eth_blockNumber").then(Number);
  await until(async () => (await head().catch(() => 0)) > 0);

  const planned = await change(cluster, chain, { mode: "plan", validators });
  expect(planned.outputs).toMatchObject({ "can-apply": false });
  expect(planned.failure).toMatchObject({
    code: "no-signer",
    next: expect.stringContaining("A key in a ConfigMap is put into a Secret first"),
  });
  const applied = change(cluster, chain, { validators });
  await expect(applied).rejects.toMatchObject({ code: "no-signer" });
  expect(await cluster.api.list("/apis/batch/v1/namespaces/open/jobs")).toEqual([]);

  const found = await cluster.api.list("/api/v1/namespaces/open/configmaps");
  // As a chart renders them: without the notes in which kubectl has the keys once more.
  const manifests = found.map(({ metadata: { name }, ...content }) => {
    return { ...content, kind: "ConfigMap", metadata: { name } };
  });
  const findings = checkKeysAreSecret(manifests, chain.validators as never);
  expect(findings.map(({ at }) => at).sort()).toEqual(
    chain.validators.flatMap(({ name }) => [
      `ConfigMap ${name}-keys, bls.key`,
      `ConfigMap ${name}-keys, net.key`,
    ]),
  );
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const section = readme.split("## Keys in a ConfigMap, or in the toml")[1]?.split("\n## ")[0];
  const codes = [planned.failure?.code, ...findings.map(({ code }) => code)];
  for (const code of new Set(codes)) expect(section).toContain(`\`${code}\``);

  await moveKeys(cluster, "open", one);
  const pod = "/api/v1/namespaces/open/pods/axon-1-0";
  await until(async () => {
    const found = await cluster.api.find(pod);
    const isNew = found?.spec.volumes.some(({ secret }: { secret?: object }) => secret);
    return isNew && found?.status?.phase === "Running";
  });
  const before = await head();

  const { outputs, said } = await change(cluster, chain, { validators });

  expect(outputs).toMatchObject({ outcome: "done" });
  expect(outputs.validators).toHaveLength(5);
  expect(said).toContainEqual(expect.stringContaining("axon-1 signs the call."));
  expect(await head()).toBeGreaterThan(before);
}, 300_000);
