import { ActionError } from "@playbook/action";
import { type Hex, RpcError, saysItFails } from "@playbook/evm";
import type { Look } from "./look.ts";

/** The instructions that the contracts need and older chains lack: PUSH0, TLOAD. */
const NEWEST_CODE = "0x5f5c5f5260205ff3";

/** What every chain runs: PUSH1, RETURN. */
const OLD_CODE = "0x60206000f3";

/**
 * What nodes say of an instruction that they lack, apart from what they say of any call that fails.
 */
const LACKING =
  /\bNotActivated|\bOpcodeNotFound|\bInvalidCode|\bDesignatedInvalid|\b(bad|invalid|undefined|unknown) (opcode|instruction|operation)/i;

/** Throws `chain-too-old` where the contracts would be deployed and then fail. */
export async function assertRunsThem(look: Look, chain: string): Promise<void> {
  const refusal = await refusalOf(look, NEWEST_CODE);
  if (!refusal) return;
  if (saysItFails(refusal) || LACKING.test(refusal.message)) throw tooOld(chain, refusal);
  // Others may be a node's that lags, or that tries no code at all.
  if (await refusalOf(look, OLD_CODE)) throw refusal;
  const again = await refusalOf(look, NEWEST_CODE);
  if (again) throw again.message === refusal.message ? tooOld(chain, again) : again;
}

async function refusalOf(look: Look, code: Hex): Promise<RpcError | undefined> {
  try {
    await look.run(code);
    return undefined;
  } catch (error) {
    if (error instanceof RpcError) return error;
    throw error;
  }
}

function tooOld(chain: string, { message }: RpcError): ActionError {
  return new ActionError("chain-too-old", {
    what: `${chain} cannot run Hyperlane's contracts.`,
    why: `They need what Ethereum has since Cancun (PUSH0, TLOAD); its node says: ${message}`,
    next: "Upgrade the chain, or take it out of the list.",
  });
}
