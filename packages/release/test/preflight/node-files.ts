import { generateKeyPair, type KeyPair, type PublicHalf, publicHalfOf } from "@playbook/axon";
import { configTextOf } from "../../../axon/test/config-text.ts";
import type { Manifest } from "../../src/preflight/manifest.ts";

export type Keys = KeyPair & PublicHalf;

export function newKeys(count: number): Keys[] {
  return Array.from({ length: count }, () => {
    const pair = generateKeyPair();
    return { ...pair, ...publicHalfOf(pair) };
  });
}

type Changes = { data?: string; keys?: string; peers?: readonly Keys[] };

/** A node's configuration, with only what it has to have. */
export function configOf(
  all: readonly Keys[],
  { data = "/var/lib/axon", keys = "/var/run/axon/keys/", peers = all }: Changes = {},
): string {
  const bootstraps = peers.map(({ peerId }, at) => `/dns4/axon-${at}/tcp/8001/p2p/${peerId}`);
  return configTextOf({ data, keys, bootstraps });
}

export function configMap(name: string, data: Record<string, string>): Manifest {
  return { kind: "ConfigMap", metadata: { name }, data };
}
