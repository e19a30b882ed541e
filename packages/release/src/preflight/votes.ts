import { enduranceOf, tolerance, type ValidatorSet } from "@playbook/bft";
import { error, type Finding, warning } from "./finding.ts";

/** As many as the default of "min-validators" asks for: fewer are somebody's own decision. */
const ADVISED = 5;

/** Judges how many validators there are: what fails while one is replaced fails on top of it. */
export function checkVotes(set: ValidatorSet, fewest: number): Finding[] {
  const found = judged(set, fewest);
  const isLowered = set.length >= fewest && set.length < ADVISED;
  return isLowered ? [lowered(set, fewest), ...found] : found;
}

function lowered(set: ValidatorSet, fewest: number): Finding {
  const { validators, atRest } = enduranceOf(set);
  return warning(
    "minimum-lowered",
    `${validators} validators`,
    `"min-validators" was lowered to ${fewest}: with ${validators} ${survives(atRest)} at rest, ` +
      "and one that is lost for good is missed by all that comes after.",
    `Add validators until there are ${ADVISED}, and say to your users what the chain survives.`,
  );
}

function judged(set: ValidatorSet, fewest: number): Finding[] {
  const { validators, quorum, atRest, upgrading } = enduranceOf(set);
  const at = `${validators} validators`;
  if (validators < fewest) {
    return [
      error(
        "too-few-validators",
        at,
        `${quorum} of ${validators} votes commit a block: ${survives(atRest)} at rest.`,
        `Add validators until there are ${fewest}, or lower ` +
          '"min-validators" and say so to your users.',
      ),
    ];
  }
  if (upgrading < 0) {
    const needed = set.filter(({ id }) => tolerance(set, id) < 0).map(({ id }) => id);
    return [
      error(
        "validator-indispensable",
        needed.join(", "),
        "Without its vote no block is made, so it cannot be replaced while blocks are made.",
        "Spread the vote weight until the others commit blocks without any one of them.",
      ),
    ];
  }
  if (upgrading === 0) {
    return [
      warning(
        "no-reserve",
        at,
        "While one is replaced all others are needed: if any fails then, the chain stands still.",
        "With 7 validators one may fail while another is replaced.",
      ),
    ];
  }
  return [];
}

function survives(failures: number): string {
  if (failures < 1) return "it survives no failure";
  return `it survives ${failures === 1 ? "one failure" : `${failures} failures`}`;
}
