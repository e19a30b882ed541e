import { TRIAL } from "@playbook/broadcast";
import type { Office } from "./office.ts";

/** How many digests the key was to sign, beside the one on trial by which a run begins. */
export function signed({ aws }: Pick<Office, "aws">): number {
  const trial = TRIAL.toString("base64");
  const asked = aws.calls().filter(({ action }) => action === "kms:Sign");
  return asked.filter(({ message }) => message !== trial).length;
}
