import type { Upstream } from "../rpc.ts";
import { arbitrum, setGasPerByte } from "./arbitrum.ts";
import { op, setL1BaseFee } from "./op.ts";

/** How a chain charges for data, on top of what an anvil charges. */
export type Rollup = "arbitrum" | "op";

/** The chain below at its usual price: 30 gwei for a unit of its gas. */
const USUAL = 30_000_000_000n;

/** Puts the rollup's own contracts onto an anvil; what callers are to meet in its place. */
export async function makeRollup(kind: Rollup, anvil: Upstream): Promise<Upstream> {
  const upstream = kind === "op" ? await op(anvil) : await arbitrum(anvil);
  await setDataPrice(kind, anvil, USUAL);
  return upstream;
}

/** The price of the chain below, in wei for a unit of its gas: what data costs follows it. */
export function setDataPrice(kind: Rollup, anvil: Upstream, wei: bigint): Promise<void> {
  return kind === "op" ? setL1BaseFee(anvil, wei) : setGasPerByte(anvil, wei);
}
