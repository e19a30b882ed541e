import type { ChainSpec, Verifier } from "./chain-spec.ts";
import type { Config } from "./config.ts";
import type { Build } from "./governance.ts";
import type { Hex } from "./hex.ts";
import { addressOf, isBlsPublicKey, isPublicKey, peerIdOf } from "./keys.ts";

/** What Axon would take and fail by, and how to mend it. `at` is a path, as in the file. */
export type Finding = {
  at: string;
  why: string;
  next: string;
  /** Whether a node runs with it all the same. */
  isBearable?: true;
};

/** Axon keeps this many places for peers that come to it, and refuses a smaller total. */
const INBOUND_PEERS = 20n;

/** What is known of the chain, and whose build is to read its spec. */
type Known = { chainId?: bigint | undefined; build?: Build | undefined };

/** Judges a chain spec that has been read, and by what is known of the chain, if anything is. */
export function checkChainSpec(spec: ChainSpec, { chainId, build }: Known = {}): Finding[] {
  return [
    ...checkChainId(spec, chainId),
    ...checkBeginning(spec),
    ...checkEpoch(spec),
    ...checkConsensus(spec),
    ...spec.params.verifier_list.flatMap(checkVerifier),
    ...checkVerifiers(spec.params.verifier_list),
    ...(build === "el-axon" ? [] : checkAddresses(spec.params.verifier_list, build)),
  ];
}

function checkChainId(spec: ChainSpec, chainId = spec.genesis.chain_id): Finding[] {
  if (spec.genesis.chain_id === chainId) return [];
  const why = `It is ${spec.genesis.chain_id}, the chain's is ${chainId}.`;
  return [{ at: "genesis.chain_id", why, next: "Give the chain spec of this chain." }];
}

/** Far off as a second, and long past as a millisecond. */
const LAST_SECOND = 100_000_000_000n;

function checkBeginning({ genesis: { timestamp } }: ChainSpec): Finding[] {
  if (timestamp < LAST_SECOND) return [];
  const why = `Axon counts seconds: no block may be older than the first one, of second ${timestamp}.`;
  const next = `Write ${timestamp / 1_000n}, if it was in milliseconds.`;
  return [{ at: "genesis.timestamp", why, next }];
}

/** The genesis block is looked up in epoch 0, and block 1 in the range of that epoch. */
function checkEpoch({ params: { epoch, version } }: ChainSpec): Finding[] {
  const findings: Finding[] = [];
  if (epoch !== 0n) {
    const why = `The genesis block is in epoch 0, this says ${epoch}.`;
    findings.push({ at: "params.epoch", why, next: "Write 0." });
  }
  if (version.start > 1n) {
    const why = `Nobody may vote for block 1 when the first epoch begins at ${version.start}.`;
    findings.push({ at: "params.version.start", why, next: "Write 1." });
  }
  if (version.end < 1n || version.end < version.start) {
    const why = `The first epoch ends at block ${version.end}, before it has begun.`;
    findings.push({ at: "params.version.end", why, next: "Write the epoch's last block." });
  }
  return findings;
}

/**
 * What Axon's nodes did with 0 in each of them: four validators of v0.3.1-beta, one of them killed.
 */
const AT_ZERO = {
  interval: { why: "With 0 no block is made." },
  propose_ratio: { why: "With 0 next to no block is made." },
  prevote_ratio: { why: "With 0 no block is made." },
  precommit_ratio: { why: "With 0 nobody waits for precommits that are late.", isBearable: true },
  brake_ratio: { why: "With 0 nobody waits before it gives a round up.", isBearable: true },
  gas_limit: { why: "With 0 no transaction fits into a block." },
  tx_num_limit: { why: "With 0 no transaction fits into a block." },
  max_tx_size: { why: "With 0 no transaction fits into a block." },
} as const;

function checkConsensus({ params: { consensus_config: config } }: ChainSpec): Finding[] {
  const names = Object.keys(AT_ZERO) as (keyof typeof AT_ZERO)[];
  return names
    .filter((name) => config[name] === 0n)
    .map((name) => ({
      at: `params.consensus_config.${name}`,
      ...AT_ZERO[name],
      next: "Write a number above 0.",
    }));
}

function checkVerifier(verifier: Verifier, at: number): Finding[] {
  const place = (field: string) => `params.verifier_list[${at}].${field}`;
  const next = "Write what `axon generate-keypair` or create-axon-keys calls it, or more than 0.";
  const faults: [keyof Verifier, boolean, string][] = [
    ["pub_key", isPublicKey(verifier.pub_key), "No point of secp256k1, in 33 bytes."],
    [
      "bls_pub_key",
      isBlsPublicKey(verifier.bls_pub_key),
      "No point of G1 of BLS12-381, in 48 bytes.",
    ],
    ["vote_weight", verifier.vote_weight > 0, "Its votes would not count."],
  ];
  const wrong = faults
    .filter(([, good]) => !good)
    .map(([field, , why]): Finding => ({ at: place(field), why, next }));
  return verifier.propose_weight > 0 ? wrong : [...wrong, neverLeads(place("propose_weight"))];
}

/** Overlord's leaders take turns, whatever this is, but with that feature. */
function neverLeads(at: string): Finding {
  const why = "An Axon that is built with its feature `random_leader` would never let it lead.";
  return { at, why, next: "Write 1: without that feature it is of no effect.", isBearable: true };
}

function checkVerifiers(verifiers: Verifier[]): Finding[] {
  if (verifiers.length === 0) {
    const why = "Without validators there is never a block.";
    return [{ at: "params.verifier_list", why, next: "Name the validators." }];
  }
  return (["pub_key", "bls_pub_key"] as const).flatMap((field) =>
    repeated(verifiers.map((verifier) => verifier[field])).map(([first, second]) => ({
      at: `params.verifier_list[${second}].${field}`,
      why: `It is the key of params.verifier_list[${first}]: two nodes would sign with one key.`,
      next: "Give each validator keys of its own.",
    })),
  );
}

/** An address follows from the public key, but one of the two builds does not derive it. */
function checkAddresses(verifiers: Verifier[], build: Build | undefined): Finding[] {
  const wrong = verifiers.flatMap(({ address, pub_key }, at): Finding[] => {
    const isRepeated = verifiers.findIndex((other) => other.pub_key === pub_key) < at;
    if (!address || isRepeated || !isPublicKey(pub_key)) return [];
    const own = addressOf(pub_key);
    if (address === own) return [];
    const why =
      "It is not that of the public key: axonweb3/axon would take no call from this validator.";
    return [
      { at: `params.verifier_list[${at}].address`, why, next: `Write ${own}.`, isBearable: true },
    ];
  });
  const without = verifiers.findIndex(({ address }) => !address);
  if (without < 0) return wrong;
  const why = "axonweb3/axon reads no chain spec without it; tvl-labs/el-axon knows it by itself.";
  const next =
    "Add the validators' addresses: create-axon-keys and `axon generate-keypair` say them.";
  const at = `params.verifier_list[${without}].address`;
  return [...wrong, { at, why, next, ...(build !== "axon" && { isBearable: true }) }];
}

/** The positions of each value's first and of its later places. */
function repeated(values: unknown[]): [number, number][] {
  return values.flatMap((value, at): [number, number][] => {
    const first = values.indexOf(value);
    return first < at ? [[first, at]] : [];
  });
}

/** Judges a configuration that has been read. */
export function checkConfig(config: Config): Finding[] {
  const { network, rpc, prometheus } = config;
  const findings = [...checkBootstraps(network.bootstraps ?? []), ...checkStores(config)];
  const peers = network.max_connected_peers;
  if (peers !== undefined && peers <= INBOUND_PEERS) {
    const why = `Axon does not start with ${peers}: ${INBOUND_PEERS} places are for incoming peers.`;
    const next = `Write more than ${INBOUND_PEERS}.`;
    findings.push({ at: "network.max_connected_peers", why, next });
  }
  if (!rpc.http_listening_address) {
    const why = "Nobody can ask this node anything, nor whether it is in sync.";
    findings.push({ at: "rpc.http_listening_address", why, next: 'Write "0.0.0.0:8000".' });
  }
  if (!prometheus?.listening_address) {
    const why = "The node has no metrics.";
    const next = 'Write "0.0.0.0:8100".';
    findings.push({ at: "prometheus.listening_address", why, next, isBearable: true });
  }
  return findings;
}

const NAMED = "Name the folder at which the data's volume is mounted.";

/**
 * The tables that Axon makes for so many entries when it starts: each fills a byte of memory for a
 * place.
 */
const TABLES = { "executor.triedb_cache_size": 1n, "rocksdb.cache_size": 6n };

/** Nobody gives a node so much memory; and not many give it so much. */
const NEVER = 2n ** 36n;
const SELDOM = 2n ** 31n;

/**
 * Axon panics over caches for nothing and over those for too much, and over data that have no
 * place.
 */
function checkStores({ data_path, executor, rocksdb }: Config): Finding[] {
  const sizes = {
    "executor.triedb_cache_size": executor.triedb_cache_size,
    "rocksdb.cache_size": rocksdb.cache_size,
  };
  const names = Object.keys(TABLES) as (keyof typeof TABLES)[];
  return [
    ...names.flatMap((at) => checkCache(at, sizes[at], TABLES[at])),
    ...(data_path === ""
      ? [{ at: "data_path", why: "Axon cannot write to a folder without a name.", next: NAMED }]
      : []),
  ];
}

function checkCache(at: string, size: bigint, tables: bigint): Finding[] {
  if (size === 0n) return [{ at, why: "Axon panics over 0.", next: "Write 1 or more." }];
  const room = placesFor(size) * tables;
  if (room <= SELDOM) return [];
  const why =
    `It counts entries, not bytes: Axon fills ${room / 2n ** 30n} GiB of memory for them when it ` +
    "starts, and ends where it does not get that.";
  const next = "Write how many entries it may have, as 200.";
  return [{ at, why, next, ...(room <= NEVER && { isBearable: true }) }];
}

/**
 * How many places Rust's hash tables have for so many: a power of two, of which seven in eight are
 * used.
 */
function placesFor(size: bigint): bigint {
  const places = (size * 8n + 6n) / 7n;
  return 2n ** BigInt((places - 1n).toString(2).length);
}

function checkBootstraps(bootstraps: { multi_address: { text: string; peerId?: string } }[]) {
  const place = (at: number) => `network.bootstraps[${at}].multi_address`;
  const ids = bootstraps.map(({ multi_address }) => multi_address.peerId);
  const unnamed = ids.flatMap((id, at): Finding[] =>
    id
      ? []
      : [
          {
            at: place(at),
            why: "Axon panics over a bootstrap that does not say whose address it is.",
            next: "End it with /p2p/ and the peer id.",
          },
        ],
  );
  const twice = repeated(ids.map((id, at) => id ?? at)).map(([first, second]): Finding => {
    const why = `It has the peer id of ${place(first)}, which Axon forgets for it.`;
    return { at: place(second), why, next: "Name each peer once.", isBearable: true };
  });
  return [...unnamed, ...twice];
}

/** Who a configuration is to lead to: those who vote now, where that is known, and whose it is. */
export type Peers = { present?: readonly Hex[] | undefined; own?: Hex | undefined };

/**
 * Which validators no address of the configuration leads to: those of the chain spec, or those that
 * vote now. One peer that is there names all others to a node, and itself a node need not name.
 */
export function checkTogether(
  config: Config,
  spec: ChainSpec,
  { present, own }: Peers = {},
): Finding[] {
  const known = new Set((config.network.bootstraps ?? []).map((it) => it.multi_address.peerId));
  const founders = spec.params.verifier_list.map(({ pub_key }) => pub_key);
  const all = present ?? founders;
  const others = all.filter((key) => key !== own?.toLowerCase());
  const place = (key: Hex) => (present ? key : `params.verifier_list[${founders.indexOf(key)}]`);
  const isAlone = others.every((key) => !known.has(peerIdOf(key)));
  return others.flatMap((key): Finding[] => {
    if (known.has(peerIdOf(key))) return [];
    const why = `No bootstrap has the peer id of ${place(key)}, ${peerIdOf(key)}.`;
    const next = "Name every validator, or correct the peer id.";
    return [{ at: "network.bootstraps", why, next, ...(!isAlone && { isBearable: true }) }];
  });
}
