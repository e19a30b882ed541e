import { lagOf, type Status } from "./status.ts";

/** Where a deployment was at a moment. */
export type Sample = { at: number; block: number; head: number };

/** What the speed is measured over. */
const WINDOW_MS = 5 * 60_000;

/** The samples that still count, and one more if the node told how far it is. */
export function sampled(samples: Sample[], { block, head }: Status, at: number): Sample[] {
  const recent = samples.filter((one) => at - one.at <= WINDOW_MS);
  return block === null || head === null ? recent : [...recent, { at, block, head }];
}

/** Blocks in a second, as far as the samples tell. */
export function speedOf(samples: Sample[]): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.at === first.at) return undefined;
  return ((last.block - first.block) * 1_000) / (last.at - first.at);
}

/** Seconds until the head is reached, which moves on meanwhile; undefined when that is not so. */
export function secondsLeft(samples: Sample[]): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.at === first.at) return undefined;
  const [before, now] = [first.head - first.block, last.head - last.block];
  if (now <= 0) return 0;
  const gained = ((before - now) * 1_000) / (last.at - first.at);
  return gained > 0 ? now / gained : undefined;
}

/** One line: where it is, how fast, and when it will have caught up. */
export function progressLine(name: string, status: Status | null, samples: Sample[]): string {
  return `${name}: ${progressWords(status, samples)}`;
}

/** The same without its name. */
export function progressWords(status: Status | null, samples: Sample[]): string {
  if (!status) return "the node has not begun it.";
  const { block, head, fatalError, paused } = status;
  if (paused) return "paused on the node.";
  if (fatalError) return `the node tries again after an error: ${fatalError.message}`;
  if (block === null || head === null) return "before its first block.";

  const speed = speedOf(samples);
  const left = secondsLeft(samples);
  const parts = [
    `block ${number(block)} of ${number(head)}`,
    ...(speed ? [`${number(speed)} blocks/s`] : []),
    lagOf(status) === 0 ? "caught up" : left === undefined ? "" : `about ${time(left)} left`,
  ];
  return `${parts.filter(Boolean).join(", ")}.`;
}

function number(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: value < 10 ? 2 : 21 });
}

/** As exact as an estimate is. */
export function time(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3_600).toLocaleString("en", { maximumFractionDigits: 1 })} h`;
}
