import { generateKeyPair, type PublicHalf, publicHalfOf } from "@playbook/axon";
import { specTextOf } from "../../../../packages/axon/test/spec-text.ts";
import type { Values } from "../../../../test/charts.ts";

export type Validator = Values & { name: string } & Omit<PublicHalf, "peerId">;

/** That many validators, with keys that nobody has. */
export function validators(count: number): Validator[] {
  return Array.from({ length: count }, (_, at) => {
    const { publicKey, blsPublicKey, address } = publicHalfOf(generateKeyPair());
    return { name: `v${at}`, publicKey, blsPublicKey, address };
  });
}

/** Each with the role that may read its keys. */
export const withRoles = <V extends { name: string }>(all: readonly V[]) =>
  all.map((it) => ({ ...it, roleArn: `arn:aws:iam::111122223333:role/axon-${it.name}` }));

/** Options that RocksDB takes. */
export const ROCKSDB = `# of this machine
[DBOptions]
bytes_per_sync=1048576

[CFOptions "default"]
write_buffer_size=8388608 # 8 MiB
`;

/** The least that has to be said, for a new chain of five. */
export function leastValues(): Values & { validators: Validator[] } {
  return {
    image: { repository: "registry.example/axon", tag: "v0.3.1" },
    chain: { id: 1_098_411_886, genesis: { timestamp: 1_680_249_207 } },
    validators: validators(5),
  };
}

/** A chain that was made by hand with four validators, and has got a fifth one since. */
export function grownChain(): Values {
  const [first, second, third, fourth, fifth] = validators(5) as [Validator, ...Validator[]];
  const founders = [first, second, third, fourth] as Validator[];
  const adopted = founders.map((it) => ({ ...it, existingClaim: `data-${it.name}-0` }));
  const id = 1_098_411_886;
  return {
    chain: { id, spec: specTextOf(founders, { chainId: id }) },
    validators: [...adopted, { ...fifth, genesis: false }],
    init: { adopt: true },
  };
}
