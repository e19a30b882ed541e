import { type Broadcast, type Broadcasted, broadcast } from "./broadcast.ts";
import { within } from "./errors.ts";
import { checkIdentity } from "./identity.ts";
import { giveUpPlan } from "./open.ts";

/**
 * Gives a plan up on one chain: nothing more of it is signed, and each of its signed nonces is used
 * up, by a cancellation or by the step itself if that wins. Returns when all of them are final,
 * with what took effect; `closePlan` comes after. Asks the chain nothing when no nonce is signed
 * there.
 */
export async function giveUp(inputs: Broadcast): Promise<Broadcasted> {
  const { ledger, chain, endpoint } = inputs;
  await ledger.read();
  const hasPlan = await giveUpPlan(inputs);
  const open = ledger.state?.open;
  if (!hasPlan) return { outcome: "abandoned", settlements: [], sent: 0 };
  if (open?.slots.length === 0) {
    return { outcome: "abandoned", settlements: open.settled, sent: 0 };
  }
  if (open) await within(chain.name, endpoint, () => checkIdentity(chain, endpoint));
  return broadcast({ ...inputs, givesUp: true });
}
