import { proposalText } from "../src/index.ts";
import { beginningFor, NOW } from "./backups.ts";

const textOf = (pod: string) => {
  const { source } = beginningFor(NOW, 7);
  return proposalText({ source: { ...source, pod } });
};

test.each(["axon-sync-0", "axon-rpc-3"])(
  "what validators cannot do with the data of %s is told",
  (pod) => {
    expect(textOf(pod)).toContain(`${pod}, a node that only follows`);
  },
);

test.each(["axon-a-0", "axon-sync-a-0", "sync-0", "validator-2"])(
  "nothing is told of the data of %s",
  (pod) => {
    expect(textOf(pod)).toBe("");
  },
);
