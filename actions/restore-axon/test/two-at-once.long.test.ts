import { back, chainWithSync, grow, openStand, type Stand } from "../../backup-axon/test/stand.ts";
import type { AxonChain } from "../../helm-rollout-axon/test/axon-chain.ts";
import { inputsFor, placeFor, restore } from "./place.ts";

const OLD = "old";
const PLACES = ["one", "other"] as const;

let stand: Stand;
let chain: AxonChain;
let height: number;

beforeAll(async () => {
  stand = await openStand();
  chain = await chainWithSync(stand, OLD);
  await back(stand, OLD);
  await grow(stand, OLD, 4);
  height = Number((await back(stand, OLD)).outputs.height);
  for (const place of PLACES) await placeFor(stand.cluster, stand.cluster, chain, place);
}, 1_200_000);
afterAll(() => stand?.[Symbol.asyncDispose]());

async function restoredInto(namespace: string) {
  const accepted = { acceptLoss: height, relayers: "none" };
  return restore(await inputsFor(stand, stand.cluster, chain, namespace, accepted));
}

test("of two restores of one chain that begin at once, one is refused, and no key signs twice", async () => {
  const ended = await Promise.allSettled(PLACES.map(restoredInto));

  const refused = ended.filter(({ status }) => status === "rejected");
  expect(refused).toEqual([
    { status: "rejected", reason: expect.objectContaining({ code: "restored-elsewhere" }) },
  ]);
  expect((await stand.pods.signatures()).usedTwice()).toEqual([]);
}, 600_000);
