import { decodeRlp, getBytes, type RlpStructuredData, toNumber } from "ethers";
import { z } from "zod";
import { bytes, count, readAnswer } from "./answer.ts";
import { HARDFORKS, type HardforkName } from "./chain-spec.ts";
import type { Hex } from "./hex.ts";

/** `proposed` by this node alone, `determined` by the chain for a block to come, `enabled`. */
const status = z.enum(["proposed", "determined", "enabled"]);

const hardforks = z.partialRecord(z.enum(HARDFORKS), status);

/** How far each fork is that anything is known of. */
export type Hardforks = z.output<typeof hardforks>;

/** Reads `axon_getHardforkInfo`. Throws `bad-axon-answer`. */
export function readHardforks(answer: unknown): Hardforks {
  return readAnswer("axon_getHardforkInfo", answer, hardforks);
}

/** A fork as a block's header carries it, and by that determines it. */
export type Hardfork = { height: number; features: HardforkName[] };

const header = z.object({ number: count, timestamp: count, extraData: bytes });

/**
 * What a block says of forks. `foreign` is one that has something else where Axon looks for a fork:
 * el-axon writes there whether the block changes the metadata, and what it writes behind that is
 * looked for by nobody.
 */
export type Herald = {
  height: number;
  /** Seconds since the epoch, by its leader's clock. */
  timestamp: number;
  fork: Hardfork | "foreign" | null;
};

/** Reads `eth_getBlockByNumber`; null for a block that there is not. Throws `bad-axon-answer`. */
export function readHerald(answer: unknown): Herald | null {
  const block = readAnswer("eth_getBlockByNumber", answer, header.nullable());
  if (!block) return null;
  const { number, timestamp, extraData } = block;
  return { height: Number(number), timestamp: Number(timestamp), fork: forkIn(extraData) };
}

/** A list of lists of one item each; the first one's item is a fork, in RLP once more. */
function forkIn(extraData: Hex): Herald["fork"] {
  const data = extraData === "0x" ? [] : readRlp(extraData);
  if (!Array.isArray(data)) return "foreign";
  const [first] = data;
  if (first === undefined) return null;
  const inner = Array.isArray(first) ? first[0] : undefined;
  return forkOf(typeof inner === "string" ? readRlp(inner) : null) ?? "foreign";
}

function forkOf(item: RlpStructuredData | null): Hardfork | null {
  if (!Array.isArray(item) || item.length !== 2) return null;
  const [height, flags] = item;
  if (typeof height !== "string" || typeof flags !== "string") return null;
  const features = featuresIn(getBytes(flags));
  return features && { height: height === "0x" ? 0 : toNumber(height), features };
}

const FLAG_BYTES = 32;

/** Axon swaps the flags' bytes before it writes them: the first of the last eight is the lowest. */
function featuresIn(flags: Uint8Array): HardforkName[] | null {
  if (flags.length !== FLAG_BYTES) return null;
  const lowest = flags[FLAG_BYTES - 8] ?? 0;
  return HARDFORKS.filter((_, at) => at > 0 && (lowest & (1 << (at - 1))) !== 0);
}

/** null when it is no RLP. */
function readRlp(written: string): RlpStructuredData | null {
  try {
    return decodeRlp(written);
  } catch {
    return null;
  }
}
