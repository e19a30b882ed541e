import { z } from "zod";
import { readAnswer } from "./answer.ts";
import { HARDFORKS } from "./chain-spec.ts";

/** `proposed` by this node alone, `determined` by the chain for a block to come, `enabled`. */
const status = z.enum(["proposed", "determined", "enabled"]);

const hardforks = z.partialRecord(z.enum(HARDFORKS), status);

/** How far each fork is that anything is known of. */
export type Hardforks = z.output<typeof hardforks>;

/** Reads `axon_getHardforkInfo`. Throws `bad-axon-answer`. */
export function readHardforks(answer: unknown): Hardforks {
  return readAnswer("axon_getHardforkInfo", answer, hardforks);
}
