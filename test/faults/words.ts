import type { End } from "./fault.ts";
import type { Outcome } from "./outcome.ts";

const CODE = /^[a-z]+(-[a-z]+)+$/;

/** The foreseen ends of our runs as a sentence. */
export function foreseen(ends: End[]): string {
  const last = ends.at(-1);
  const stops = ends.filter((end) => CODE.test(end)).map((end) => `\`${end}\``);
  if (last !== "done") return `It stops with ${[...new Set(stops)].join(", then ")}`;
  if (ends.length === 1) return "The run goes on by itself";
  if (stops.length === 0 || ends[0] === "cancelled") return "The next run finishes it";
  return `It stops with ${stops.join(", ")}; when that is mended, the next run finishes it`;
}

/** An outcome in the words of the table. */
export function tell({ ends, verdict, strays }: Outcome): string {
  const { twice, elsewhere, lost, missing, sent, complete } = verdict;
  const steps = (count: number) => (count === 1 ? "1 step" : `${count} steps`);
  if (strays > 0) return `**sends ${strays} to the wrong chain**, and says that it is done`;
  if (twice > 0) return `**sends ${steps(twice)} twice**`;
  if (lost > 0n) return `**loses ${Number(lost) / 1e18} ETH**`;
  const last = ends.at(-1) ?? "";
  if (elsewhere > 0) return `**carries out ${steps(elsewhere)} elsewhere than planned**`;
  if (last === "done" && !complete) return `**says that it is done; ${steps(missing)} missing**`;
  if (last === "done") return ends.length === 1 ? "by itself" : `by run ${ends.length}`;
  const rest = complete
    ? "all is there"
    : sent === 0
      ? "nothing sent"
      : `${steps(missing)} missing`;
  if (last === "time limit") return `hangs; ${rest}`;
  return CODE.test(last) ? `stops: \`${last}\`; ${rest}` : `fails; ${rest}`;
}
