import { until } from "@playbook/world";
import { merged } from "../../../test/charts.ts";
import { ask, back, grow, heightOf, openStand, type Stand } from "../../backup-axon/test/stand.ts";
import type { HandMadeChain } from "../../change-axon-validators/test/hand-made.ts";
import { change, SIGNER, wanted } from "../../change-axon-validators/test/place.ts";
import { type AxonChain, newChain } from "../../helm-rollout-axon/test/axon-chain.ts";
import { inputsFor, placeFor, restore } from "./place.ts";

const OLD = "old";
const NEW = "new";

/** Blocks of each of the first two epochs: with the third one, another validator comes. */
const EPOCH_END = 150;

let stand: Stand;
let chain: AxonChain;
/** The chain's values: the last validator is none of its genesis. */
let set: Record<string, unknown>;

beforeAll(async () => {
  stand = await openStand({
    tags: { "v0.3.1": { flavour: "axon", syncDelayMs: 60 } },
    node: [SIGNER],
  });
  chain = await newChain(stand.cluster, OLD, { count: 6 });
  const validators = chain.validators.map((one, at) => ({ ...one, genesis: at < 5 }));
  const requests = { cpu: "100m", memory: "128Mi" };
  set = merged(chain.values, {
    validators,
    chain: { epochEnd: EPOCH_END },
    syncNode: { enabled: true, resources: { requests } },
  });
  const { report } = await chain.roll(set);
  expect(report.outputs).toMatchObject({ outcome: "done" });
  await grow(stand, OLD, 3);
}, 1_200_000);
afterAll(() => stand?.[Symbol.asyncDispose]());

const podOf = ({ name }: { name: string }) => `axon-${name}-0`;

async function takeIn(): Promise<void> {
  const pods = chain.validators.map((one) => ({ ...one, pod: podOf(one) }));
  const old = { namespace: OLD, validators: pods } as unknown as HandMadeChain;
  const { outputs, failure } = await change(stand.cluster, old, {
    ...{ validators: wanted(chain.validators), epochBlocks: 100_000, epochWait: 180_000 },
  });
  expect(failure).toBeUndefined();
  expect(outputs).toMatchObject({ outcome: "done" });
}

/** The pod that stayed up when it had caught up: it was started just before all. */
function lastIn(said: readonly string[]): string {
  const starts = said.flatMap((line) => (line.startsWith("Started: ") ? [line] : []));
  const all = starts.findIndex((line) => line.match(/axon-v\d/g)?.length === 6);
  const [name = ""] = starts[all - 1]?.match(/axon-v\d/g) ?? [];
  return podOf({ name: name.replace("axon-", "") });
}

test("a chain goes on whose validators began before others came, and all count the newcomers' votes", async () => {
  const base = await back(stand, OLD);
  expect(Number(base.outputs.height)).toBeLessThan(2 * EPOCH_END - 5);
  await takeIn();
  await grow(stand, OLD, 120);
  const { outputs } = await back(stand, OLD);
  await placeFor(stand.cluster, stand.cluster, chain, NEW);

  const { said } = await restore(
    await inputsFor(stand, stand.cluster, chain, NEW, {
      ...{ set, relayers: "none", acceptLoss: Number(outputs.height) },
    }),
  );

  expect(said.join("\n")).toMatch(/starts anew at block \d+, to read the newcomers' keys/);
  // Without one of those that were all the time, each vote of the others is needed.
  const away = chain.validators.slice(0, 5).find((one) => podOf(one) !== lastIn(said)) ?? {
    name: "",
  };
  const others = chain.validators.filter((one) => one !== away).map(podOf);
  for (const other of others) await stand.pods.cut(`${NEW}/${podOf(away)}`, `${NEW}/${other}`);
  const before = await heightOf(stand, `${NEW}/${others[0]}`);
  await until(async () => (await heightOf(stand, `${NEW}/${others[0]}`)) > before + 8);
  const metadata = await ask(stand, `${NEW}/${others[0]}`, "axon_getCurrentMetadata");
  expect((metadata as { verifier_list: unknown[] }).verifier_list).toHaveLength(6);
  expect((await stand.pods.signatures()).usedTwice()).toEqual([]);
}, 600_000);
