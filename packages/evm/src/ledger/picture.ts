import type { LedgerState, Slot } from "./state.ts";

/** A signer's ledger on one chain for a terminal: where the key stands, nonce by nonce. */
export function drawLedger(state: LedgerState): string {
  const { chainId, genesis, signer, nonce, block, open, last } = state;
  const head = [
    `${signer} on chain ${chainId} (genesis ${genesis.slice(0, 10)}…)`,
    `  settled   nonces below ${nonce}, up to block ${block}`,
  ];
  if (last) head.push(`  last      ${last.deployment}: ${last.outcome}`);
  if (!open) return [...head, `  free      the next plan starts at nonce ${nonce}`].join("\n");

  const signed = open.settled.length + open.slots.length;
  const body = [
    `  open      ${open.deployment} (${open.plan.slice(0, 19)}…)`,
    `  steps     ${open.settled.length} settled, ${open.slots.length} signed, ` +
      `${open.steps - signed} not signed yet, of ${open.steps}`,
    ...open.slots.map(drawSlot),
  ];
  return [...head, ...body].join("\n");
}

function drawSlot({ nonce, step, candidates }: Slot): string {
  const cancelled = candidates.some((candidate) => candidate.step === null);
  const last = candidates.at(-1)?.hash ?? "";
  const fate = cancelled ? "cancelled" : candidates.length > 1 ? "replaced" : "signed";
  const count = candidates.length > 1 ? ` (${candidates.length} candidates)` : "";
  return `    ${String(nonce).padStart(6)}  ${fate.padEnd(9)} ${step ?? "-"}  ${last}${count}`;
}
