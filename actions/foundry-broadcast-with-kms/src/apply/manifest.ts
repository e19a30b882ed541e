import { later } from "@playbook/action";
import { type ChainDone, type Deployment, explorerLink, type Plan, stepsOn } from "@playbook/evm";
import {
  canonical,
  type Digest,
  digestOf,
  type Entry,
  keySegment,
  Log,
  LogLost,
  type Store,
} from "@playbook/state";
import { z } from "zod";

const contract = z.object({
  name: z.string().nullable(),
  address: z.string(),
  /** The release that made it, and the transaction in which it did. */
  release: z.string(),
  transaction: z.string(),
  block: z.number(),
  /**
   * Absent for what belongs to a release that came to its end; this stands, and is part of none.
   */
  left: z.enum(["failed", "abandoned"]).optional(),
});

const body = z.object({
  environment: z.string(),
  release: z.string(),
  commit: z.string().nullable(),
  /** Digest of the plan, or of what was adopted. */
  plan: z.string(),
  /**
   * Absent when the release came to its end. `failed`: what stands of an attempt in which a step
   * reverted; `abandoned`: of one that was given up; `adopted`: what stood before its key had a
   * ledger.
   */
  origin: z.enum(["failed", "abandoned", "adopted"]).optional(),
  chains: z.record(
    z.string(),
    z.object({ chainId: z.number(), genesis: z.string(), contracts: z.array(contract) }),
  ),
});

/** All that stands in an environment after a release: what UIs, indexers and audits read. */
export type Manifest = z.output<typeof body>;

export type StoredManifest = { manifest: Manifest; location: string; digest: Digest };

type Recording = {
  store: Store;
  plan: Plan;
  digest: Digest;
  done: Map<string, ChainDone>;
  /** Random id of this run. */
  writer: string;
  /** False when an earlier run of the release may have written its manifest already. */
  isNew: boolean;
};

/**
 * Writes the environment's next manifest: the last one and what this release added. Once a release,
 * also when others have followed it since: then its own is handed back as it was.
 */
export async function recordManifest(
  asked: Recording,
  manifests?: ManifestLog,
): Promise<StoredManifest> {
  const { plan, digest, done } = asked;
  const place = { ...asked, deployment: plan.deployment };
  const follows = (entries: Manifest[]) => {
    const own = entries.find((entry) => entry.plan === digest);
    return own ?? nextManifest(entries.at(-1), plan, digest, done);
  };
  return (await appendManifest(place, follows, manifests)) as StoredManifest;
}

type Place = Pick<Recording, "store" | "writer" | "isNew"> & { deployment: Deployment };

/** An environment's manifests, and what is read of them already. */
export type ManifestLog = {
  log: Log<Manifest>;
  prefix: string;
  reading: Promise<Entry<Manifest>[]>;
};

/** Begins to read an environment's manifests. */
export function openManifests({ store, deployment, writer, isNew }: Place): ManifestLog {
  const prefix = manifestPrefix(deployment);
  const log = new Log<Manifest>({
    store,
    prefix,
    format: "playbook.deployments",
    version: 1,
    writer,
    parse: (value) => body.parse(value),
    // Each holds all before it, so the last is enough to go on from, but not to find an old one.
    isCheckpoint: () => isNew,
  });
  return { log, prefix, reading: later(log.read()) };
}

/**
 * Appends what follows from the entries that are there. Undefined leaves them as they are, one of
 * them is handed back; both are asked again when another run was first.
 */
export async function appendManifest(
  place: Place,
  follows: (entries: Manifest[]) => Manifest | undefined,
  { log, prefix, reading }: ManifestLog = openManifests(place),
): Promise<StoredManifest | undefined> {
  for (let read = reading; ; read = log.read()) {
    const entries = await read;
    const next = follows(entries);
    if (!next) return undefined;
    try {
      const entry = entries.find((one) => one === next) ?? (await log.append(next));
      const name = `${String(entry.index).padStart(10, "0")}.json`;
      const location = `${place.store.location}/${prefix}/${name}`;
      return { manifest: entry, location, digest: digestOf(canonical(entry)) };
    } catch (error) {
      if (!(error instanceof LogLost)) throw error;
    }
  }
}

/**
 * The manifest after a release, or an attempt at one: `left` says what became of it, unless it came
 * to its end. A chain that was reset since starts anew.
 */
export function nextManifest(
  last: Manifest | undefined,
  plan: Plan,
  planDigest: Digest,
  done: Map<string, ChainDone>,
  left: "failed" | "abandoned" = "abandoned",
): Manifest {
  const isWhole = [...done.values()].every(({ outcome }) => outcome === "complete");
  const chains = { ...last?.chains };
  for (const { name, chainId, genesis } of plan.chains) {
    const before = chains[name]?.genesis === genesis ? (chains[name]?.contracts ?? []) : [];
    const made = contractsOf(plan, name, done.get(name));
    const added = isWhole ? made : made.map((one) => ({ ...one, left }));
    chains[name] = { chainId, genesis, contracts: [...before, ...added] };
  }
  const { environment, release } = plan.deployment;
  const origin = isWhole ? {} : { origin: left };
  return { environment, release, commit: plan.commit, plan: planDigest, ...origin, chains };
}

/**
 * What a release has made; of one that was not brought to its end, what its steps that succeeded
 * made.
 */
function contractsOf(plan: Plan, chain: string, done: ChainDone | undefined) {
  const results = new Map(done?.results.map((result) => [result.step, result]));
  const isWhole = done === undefined || done.outcome === "complete";
  return plan.steps
    .filter((step) => step.chain === chain)
    .filter(({ id }) => isWhole || results.get(id)?.succeeded)
    .flatMap((step) =>
      step.creates.map(({ contract: name, address }) => ({
        name,
        address,
        release: plan.deployment.release,
        transaction: results.get(step.id)?.hash ?? "",
        block: results.get(step.id)?.block ?? 0,
      })),
    );
}

/**
 * Chain to name to address, for the release alone, or its parts in order. A second contract of a
 * name is `Name#2`.
 */
export function addressesOf(...plans: Plan[]): Record<string, Record<string, string>> {
  const names = new Set(plans.flatMap(({ chains }) => chains.map(({ name }) => name)));
  const named = [...names].map((name) => {
    const steps = plans.flatMap((plan) => stepsOn(plan, name));
    return [name, Object.fromEntries(numbered(steps.flatMap(({ creates }) => creates)))];
  });
  return Object.fromEntries(named);
}

/** Names that are told apart: a second `Vault` is `Vault#2`. */
export function numbered(
  created: { contract: string | null; address: string }[],
): [string, string][] {
  const seen = new Map<string, number>();
  return created.map(({ contract, address }) => {
    const name = contract ?? "Unnamed";
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return [times === 1 ? name : `${name}#${times}`, address];
  });
}

/** One line for each transaction of the release, as JSON for other tools. */
export function transactionsOf(plan: Plan, done: Map<string, ChainDone>) {
  return plan.chains.flatMap((chain) =>
    (done.get(chain.name)?.results ?? []).map((result) => ({
      chain: chain.name,
      ...result,
      fee: result.fee.toString(),
      link: explorerLink(chain.metadata, "tx", result.hash) ?? null,
    })),
  );
}

function manifestPrefix({ repository, environment }: Deployment): string {
  const segments = [...repository.split("/"), environment].map(keySegment);
  return ["environments", ...segments].join("/");
}
