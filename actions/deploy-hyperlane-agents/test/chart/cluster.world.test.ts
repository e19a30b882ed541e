import { type Cluster, startCluster } from "@playbook/world";
import { makeRestricted, wouldTake } from "../../../../test/charts.ts";
import { rendered } from "./rendered.ts";
import { combinations } from "./values.ts";

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
}, 1_200_000);

afterAll(() => cluster?.[Symbol.asyncDispose]());

test.each(Object.entries(combinations()).map(([name, values], at) => ({ name, values, at })))(
  "the API server takes all of it, in a restricted namespace: $name",
  async ({ values, at }) => {
    const namespace = `taken-${at}`;
    await makeRestricted(cluster, namespace);

    const { asked, said } = await wouldTake(
      cluster,
      await rendered(values, { namespace }),
      namespace,
    );

    expect(said).toHaveLength(asked);
  },
);
