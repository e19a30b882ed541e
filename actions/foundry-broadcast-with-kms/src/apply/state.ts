import type { Context } from "@playbook/action";
import { type Opened, openSigner, type Reach } from "@playbook/broadcast";
import { statements } from "../access.ts";

/** Opens key and state with the rights of this action. */
export function open(
  inputs: Reach,
  { signs }: { signs: boolean },
  context: Context,
): Promise<Opened> {
  return openSigner(inputs, { statements, session: "playbook-contracts", signs }, context);
}
