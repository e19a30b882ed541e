import type { Chain } from "./chain.ts";
import { gasPolicy } from "./gas-policy.ts";

/** The most gas that one transaction may ask for since Osaka (EIP-7825). */
export const TRANSACTION_GAS_CAP = 16_777_216;

/** Code that does nothing but use what came with that cap: PUSH0 CLZ (EIP-7939). */
export const OSAKA_CODE = "0x5f1e";

/** Whether what a chain executes tells its rules: rollups bring instructions without these. */
export function hasEthereumsRules(chain: Chain): boolean {
  const { technicalStack } = chain;
  const isOrdinary = technicalStack === undefined || technicalStack === "other";
  return isOrdinary && ["ethereum", "legacy"].includes(gasPolicy(chain).preset);
}
