import { publicHalfOf } from "@playbook/axon";
import { whole } from "../../../test/proof.ts";
import { sweep } from "../../../test/sweep.ts";
import { KINDS } from "../src/kind.ts";
import type { Validator } from "../src/validator.ts";
import { openStudio, type Studio, type TestChain } from "./studio.ts";

let studio: Studio;

beforeAll(async () => {
  studio = await openStudio();
});
afterAll(() => studio?.world[Symbol.asyncDispose]());

/** What a run changes outside of itself. */
const EFFECTS = new Set(["CreateSecret", "PutResourcePolicy"]);

/** Three validators: two keys and two policies of each. */
const ALL = 12;

/** How many of the points `npm test` takes. */
const SAMPLES = 4;

/** A run that is killed once so many effects have happened. */
async function runKilled(chain: TestChain, after: number): Promise<void> {
  const started = await studio.launch(chain.given());
  let effects = 0;
  const end = studio.aws.onCall(async ({ operation, phase }) => {
    if (phase !== "after" || !EFFECTS.has(operation)) return;
    effects += 1;
    if (effects === after) await started.stop(0);
  });
  await started.exited;
  end();
}

/** The keys that are stored, by their secrets' names. */
async function keysOf(chain: TestChain): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of chain.names) {
    for (const kind of KINDS) {
      const key = await chain.stored(name, kind).catch(() => undefined);
      if (key) found.set(`${name}/${kind}`, Buffer.from(key).toString("hex"));
    }
  }
  return found;
}

async function tryAt(point: number): Promise<string[]> {
  const chain = await studio.chain(["a", "b", "c"]);
  await runKilled(chain, point);
  const before = await keysOf(chain);
  const { outputs } = await chain.step();
  const after = await keysOf(chain);

  const faults: string[] = [];
  for (const [name, key] of before) {
    if (after.get(name) !== key) faults.push(`${name} is another key`);
  }
  for (const validator of JSON.parse(String(outputs.validators)) as Validator[]) {
    const [net, bls] = KINDS.map((kind) =>
      Uint8Array.from(Buffer.from(after.get(`${validator.name}/${kind}`) ?? "", "hex")),
    );
    const half = publicHalfOf({ net: net ?? new Uint8Array(), bls: bls ?? new Uint8Array() });
    if (half.peerId !== validator.peerId || half.blsPublicKey !== validator.blsPublicKey) {
      faults.push(`${validator.name} is told with another public half`);
    }
  }
  if (after.size !== 6) faults.push(`there are ${after.size} keys`);
  const again = await chain.step();
  if (again.outputs.created !== 0) faults.push(`a third run has made ${again.outputs.created}`);
  return faults.map((fault) => `killed after effect ${point}: ${fault}`);
}

test("a run that is killed after any effect is finished by the next one, with the keys of the first", async () => {
  const step = whole ? 1 : ALL / SAMPLES;
  const points = Array.from({ length: ALL / step }, (_, at) => (at + 1) * step);

  await sweep("the keys of a chain", { points, of: ALL }, async (point) => {
    return { killed: true, faults: await tryAt(point) };
  });
}, 600_000);
