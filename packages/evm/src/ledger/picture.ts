import type { Fate, Nonce, Standing } from "./standing.ts";

/** A sign for each fate, and what it means; in the order in which a plan goes through them. */
const SIGNS: Record<Fate, [sign: string, meaning: string]> = {
  settled: ["#", "settled"],
  reverted: ["!", "reverted"],
  nothing: ["x", "used up"],
  foreign: ["?", "used by somebody else"],
  underWay: [">", "under way"],
  signed: ["s", "signed, not sent"],
  cancelling: ["c", "being cancelled"],
  free: [".", "to be signed"],
};

const GROUP = 10;
const GROUPS = 5;
const INDENT = 12;

/** The signs of a plan's nonces, fifty a line, and below them what the signs mean. */
export function drawNonces(nonces: Nonce[]): string[] {
  const lines: string[] = [];
  for (let at = 0; at < nonces.length; at += GROUP * GROUPS) {
    const row = nonces.slice(at, at + GROUP * GROUPS);
    const signs = row.map(({ fate }) => SIGNS[fate][0]).join("");
    const groups = signs.match(new RegExp(`.{1,${GROUP}}`, "g")) ?? [];
    lines.push(`${String(row[0]?.nonce).padStart(INDENT - 4)}  ${groups.join(" ")}`);
  }
  const used = new Set(nonces.map(({ fate }) => fate));
  const legend = Object.entries(SIGNS)
    .filter(([fate]) => used.has(fate as Fate))
    .map(([, [sign, meaning]]) => `${sign} ${meaning}`);
  return [...lines, ...wrapped(legend)];
}

/** Words two spaces apart, as many a line as 80 columns hold. */
function wrapped(words: string[]): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 2 + INDENT <= 78) {
      lines[lines.length - 1] = `${last}  ${word}`;
    } else lines.push(word);
  }
  return lines.map((line) => `${" ".repeat(INDENT - 2)}${line}`);
}

/**
 * A signer's ledger on one chain for a terminal of 80 columns: where the key stands, nonce by
 * nonce.
 */
export function drawLedger(standing: Standing, chain = `chain ${standing.chainId}`): string {
  const { signer, genesis, nonce, block, last, shown, open } = standing;
  const lines = [
    `${signer} on ${chain}`,
    `  genesis   ${genesis.slice(0, 18)}…`,
    `  settled   ${nonce === 0 ? "no nonce" : `nonces below ${nonce}`}, up to block ${block}`,
  ];
  if (shown) lines.push(`  on chain  ${onChain(standing, shown)}`);
  if (last) lines.push(`  last      ${last.deployment}: ${last.outcome}`);
  if (!open) return [...lines, `  free      the next plan starts at nonce ${nonce}`].join("\n");

  const state = open.abandoned ? "given up" : "open";
  lines.push(`  ${state.padEnd(8)}  ${open.deployment}`, `  plan      ${short(open.plan)}`);
  lines.push(`  steps     ${counted(open.nonces, open.steps)}`);
  lines.push(...drawNonces(open.nonces).map((line) => `  ${line}`));
  return lines.join("\n");
}

function short(digest: string): string {
  return digest.length > 31 ? `${digest.slice(0, 31)}…` : digest;
}

function onChain({ nonce }: Standing, { latest, pending }: { latest: number; pending: number }) {
  const held = pending > latest ? `, ${pending} with what its node holds` : "";
  const more = latest > nonce ? "more than are settled" : "FEWER than are settled";
  const compared = latest === nonce ? "as settled" : more;
  return `${latest} in blocks${held}: ${compared}`;
}

function counted(nonces: Nonce[], steps: number): string {
  const number = (...fates: Fate[]) => nonces.filter(({ fate }) => fates.includes(fate)).length;
  const done = number("settled");
  const signed = number("underWay", "signed");
  const rest = number("free");
  const lost = number("reverted", "nothing", "foreign", "cancelling");
  const parts = [`${done} of ${steps} settled`, `${signed} signed`, `${rest} to be signed`];
  return [...parts, ...(lost > 0 ? [`${lost} of no use any more`] : [])].join(", ");
}
