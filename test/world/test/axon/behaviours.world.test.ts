import {
  type AxonNode,
  type Behaviour,
  startValidators,
  until,
  type Validators,
} from "@playbook/world";
import { hashesAt, newest, reaches } from "./progress.ts";

let chain: Validators;
let last: AxonNode;
let others: AxonNode[];
beforeEach(async () => {
  chain = await startValidators({ intervalMs: 300 });
  last = chain.nodes[4] as AxonNode;
  others = chain.nodes.slice(0, 4);
  await reaches(chain.nodes, 2);
}, 1_200_000);
afterEach(() => chain?.[Symbol.asyncDispose]());

const restart = async (behaviour: Behaviour, node = last) => {
  await node.stop();
  await node.start(behaviour);
};

test("silent: it runs, answers and follows, and is in no proof", async () => {
  await restart({ silent: true });
  const from = await newest(chain.nodes);
  await reaches(chain.nodes, from + 4);

  const bitmaps = await Promise.all(
    [2, 3, 4].map(async (step) => {
      const id = `0x${(from + step).toString(16)}`;
      return (await last.call<{ bitmap: string }>("axon_getProofById", id)).bitmap;
    }),
  );
  expect(new Set(bitmaps).size).toBe(1);
});

test("wedged: it answers with the same height for ever, and the others go on", async () => {
  const at = (await newest(chain.nodes)) + 3;
  await restart({ wedgedAt: at });

  await reaches(others, at + 3);

  expect(await last.height()).toBe(at - 1);
});

test("too many that refuse blocks of others stop the chain", async () => {
  const at = (await newest(chain.nodes)) + 4;
  await restart({ refusesFrom: at }, chain.nodes[3]);
  await restart({ refusesFrom: at });
  await reaches(chain.nodes, at - 1);

  // While one of the two leads, its block passes: the first one of another leader locks the others.
  const stuck = async () => {
    const votes = (await chain.signatures()).votes();
    return votes.find(({ height, round }) => height >= at && round >= 2)?.height;
  };
  await until(async () => (await stuck()) !== undefined);

  expect(await newest(chain.nodes)).toBe(((await stuck()) ?? 0) - 1);
});

test("forks: it comes to other blocks, alone", async () => {
  const at = (await newest(chain.nodes)) + 3;
  await restart({ forksAt: at });
  await reaches(others, at + 2);

  expect(await hashesAt(others, at)).toHaveLength(1);
  expect(await last.height()).toBeLessThanOrEqual(at);
});

test("spoilt data is found out at the next start", async () => {
  const at = (await newest(chain.nodes)) + 2;
  await restart({ corruptsAt: at });
  await reaches(chain.nodes, at + 1);
  await last.stop();

  await expect(last.start()).rejects.toThrow("Corruption");
});

test("a build takes older data along, and none goes back", async () => {
  await restart({ dataVersion: 2 });
  await last.stop();

  await expect(last.start()).rejects.toThrow("the data has version 2, this build knows up to 1");
});

test("crashes have an exit code", async () => {
  await restart({ crashAfterMs: 300 });
  expect(await last.ended()).toBe(101);

  await last.start({ crashAtHeight: (await newest(others)) + 2 });
  expect(await last.ended()).toBe(101);
});

test("between two that are cut off from each other nothing passes until it is mended", async () => {
  for (const { ip } of others) await chain.network.cut(last.ip, ip);
  await until(async () => (await last.call("net_peerCount")) === "0x0");
  const from = (await last.height()) ?? 0;
  await reaches(others, from + 3);
  expect(await last.height()).toBeLessThan(from + 3);

  await chain.network.calm();

  await reaches(chain.nodes, from + 3);
});
