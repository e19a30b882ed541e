import { cp, rm } from "node:fs/promises";
import { type AxonNode, type Behaviour, startValidators } from "@playbook/world";
import { hashesAt, newest, reaches, standsStill } from "./progress.ts";

/** Leaves a node without what it had, and with what another one has: the blocks alone. */
async function copyBlocks(from: AxonNode, to: AxonNode): Promise<void> {
  await rm(to.path("data"), { recursive: true });
  await cp(from.path("data", "rocksdb"), to.path("data", "rocksdb"), { recursive: true });
}

async function beginAnew(node: AxonNode): Promise<void> {
  await rm(node.path("data"), { recursive: true });
  await node.init();
}

describe.each<Behaviour>([{ flavour: "axon" }, { flavour: "el-axon" }])(
  "as Axon stores proofs, $flavour",
  (behaviour) => {
    test("validators with a follower's data stand still, and go on once they got them from it", async () => {
      await using chain = await startValidators({ intervalMs: 300, behaviour });
      const follower = await chain.add(behaviour);
      await reaches([...chain.nodes, follower], 4);
      await Promise.all([...chain.nodes, follower].map((node) => node.stop()));
      await Promise.all(chain.nodes.map((node) => copyBlocks(follower, node)));
      await Promise.all(chain.nodes.map((node) => node.start(behaviour)));
      const top = await newest(chain.nodes);

      await standsStill(chain.nodes[0] as AxonNode, 4);
      expect(await newest(chain.nodes)).toBe(top);

      const [first, rest] = [chain.nodes.slice(0, 3), chain.nodes.slice(3)];
      await Promise.all(chain.nodes.map((node) => node.stop()));
      await Promise.all(chain.nodes.map(beginAnew));
      await follower.start(behaviour);
      await Promise.all(first.map((node) => node.start(behaviour)));
      await reaches(first, top - 1);
      await Promise.all(rest.map((node) => node.start(behaviour)));
      await reaches(chain.nodes, top + 2);

      expect(await hashesAt([...chain.nodes, follower], top - 1)).toHaveLength(1);
      expect(await follower.height()).toBe(top);
      expect(await hashesAt([...chain.nodes, follower], top)).toHaveLength(2);
    });
  },
);
