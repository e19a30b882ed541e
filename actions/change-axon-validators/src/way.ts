import { ActionError } from "@playbook/action";
import type { Build, Epoch, Metadata } from "@playbook/axon";
import type { Way } from "./pending.ts";

/** What decides which way a chain has to another set, all of it from the chain itself. */
export type Chain = {
  /** Whose builds have proposed its latest blocks, everybody's turn among them. */
  readonly builds: ReadonlySet<Build>;
  readonly metadata: Pick<Metadata, "version" | "epoch" | "consensus_config">;
  readonly head: number;
  /** The last epoch that was announced to be appended. */
  readonly appended: Epoch | null;
};

/**
 * How long the next epoch is to be, in blocks, and how long it may be waited for, in milliseconds.
 */
export type Terms = { readonly blocks: bigint | null; readonly wait: number };

/**
 * el-axon takes another list of validators at any block. Axon itself takes them with an epoch
 * alone, after the last one that there is. Throws `builds-mixed` and `epoch-too-far`.
 */
export function wayOf(chain: Chain, terms: Terms): Way {
  const { builds, metadata, head } = chain;
  if (builds.size > 1) throw mixed();
  if (builds.has("el-axon")) return { kind: "at-once" };
  const last = lastEpoch(chain);
  const { start, end } = metadata.version;
  const next: Epoch = {
    epoch: last.epoch + 1n,
    start: last.end + 1n,
    end: last.end + (terms.blocks ?? end - start + 1n),
  };
  const blocks = Number(next.start) - head;
  const ms = blocks * Number(metadata.consensus_config.interval);
  if (ms > terms.wait) throw tooFar(next, ms, terms.wait);
  return { kind: "epoch", ...next };
}

/**
 * The last epoch as far as anybody can know it: nodes tell none that has not begun. The genesis
 * makes the first two, of one length.
 */
export function lastEpoch({ metadata, appended }: Pick<Chain, "metadata" | "appended">): Epoch {
  const { version, epoch } = metadata;
  if (appended && appended.end > version.end) return appended;
  if (epoch > 0n) return { epoch, ...version };
  return { epoch: 1n, start: version.end + 1n, end: 2n * version.end };
}

/** The block that nothing follows unless an epoch is appended before it. */
export function lastBlock(chain: Pick<Chain, "metadata" | "appended">): bigint {
  return lastEpoch(chain).end - 1n;
}

function mixed(): ActionError {
  return new ActionError("builds-mixed", {
    what: "The chain's validators do not all run one build of Axon.",
    why:
      "Some blocks have the mark of tvl-labs/el-axon and some have not: its call is unknown to " +
      "the others, which would come to another result.",
    next: "Bring all validators to one build first.",
  });
}

function tooFar({ start, epoch }: Epoch, ms: number, wait: number): ActionError {
  return new ActionError("epoch-too-far", {
    what: `Another set of validators can begin with block ${start} at the earliest.`,
    why:
      "This chain's build takes one only with an epoch, after the last one that there is. Epoch " +
      `${epoch} is ${duration(ms)} away, and "epoch-wait" allows ${duration(wait)}.`,
    next:
      "Roll out tvl-labs/el-axon first, whose set changes at " +
      'once, or give the time in "epoch-wait".',
  });
}

/** A time for people, in two units at most. */
export function duration(ms: number): string {
  const units: [string, number][] = [
    ["years", 31_557_600_000],
    ["days", 86_400_000],
    ["h", 3_600_000],
    ["min", 60_000],
  ];
  const [unit, size] = units.find(([, each]) => ms >= 2 * each) ?? ["s", 1_000];
  return `${Math.round(ms / size)} ${unit}`;
}
