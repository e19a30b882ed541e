import type { Hex, Step } from "../../src/index.ts";
import type { ModelChain, Transaction } from "./model-chain.ts";

type Signed = { step: string | null; nonce: number; hash: Hex; raw: Hex };
type Entry = { kind: string; transactions?: Signed[]; outcome?: string; nonce?: number };

/** Entries that say what is signed for a step. */
const SIGNING = ["signed", "replaced"];

export type Judge = {
  /** Looks at everything that is new; throws on what must never be. */
  look(): void;
  /** What the ledger's last entry says of the plan; undefined while it is open. */
  outcome(): string | undefined;
  /** Throws unless every step took effect once, in order, and nothing else did. */
  demandComplete(): void;
  /**
   * Throws unless every nonce that was ever signed is used up, so that no stored bytes can be sent.
   */
  demandUsedUp(): void;
};

/**
 * Judges a run from the outside: by what was handed to the chain, what is in its blocks and the
 * text of the stored objects. Shares no code with what it judges.
 */
export function judgeOf(steps: Step[], chain: ModelChain, objects: Map<string, Uint8Array>): Judge {
  const entries: Entry[] = [];
  const signed = new Map<Hex, Signed>();
  const stepsSent = new Map<number, Set<string>>();
  let sent = 0;

  const readEntry = (bytes: Uint8Array) => {
    const entry = JSON.parse(Buffer.from(bytes).toString()) as Entry;
    const isGivenUp = entries.some(({ kind }) => kind === "abandoned");
    entries.push(entry);
    for (const one of entry.transactions ?? []) {
      const isStep = SIGNING.includes(entry.kind) && one.step !== null;
      if (isGivenUp && isStep)
        throw new Error(`${one.step} was signed after the plan was given up`);
      if (entry.kind === "signed") demandDependencies(one);
      signed.set(one.raw, one);
    }
  };

  /** A step that waits is signed when all that it depends on has been in a block. */
  const demandDependencies = ({ step: id }: Signed) => {
    const step = steps.find((one) => one.id === id);
    if (!step?.waits) return;
    for (const before of step.after) {
      const hashes = [...signed.values()].filter((one) => one.step === before);
      const mined = hashes.some(({ hash }) => chain.everMined.has(hash));
      if (!mined) throw new Error(`${id} was signed before ${before} was in a block`);
    }
  };

  const judgeSent = (raw: Hex, { nonce, data, to }: Transaction) => {
    const entry = signed.get(raw);
    if (!entry) throw new Error(`nonce ${nonce} was sent without being in the ledger`);
    if (entry.nonce !== nonce) throw new Error(`nonce ${nonce} is in the ledger as ${entry.nonce}`);
    const step = steps.find((one) => one.data === data && one.to === to);
    if (step?.id !== (entry.step ?? undefined)) throw new Error(`${entry.step} has other bytes`);
    if (!step) return;
    const known = stepsSent.get(nonce) ?? new Set();
    stepsSent.set(nonce, known.add(step.id));
    if (known.size > 1) throw new Error(`nonce ${nonce} was sent for ${[...known].join(" and ")}`);
  };

  const effects = () =>
    chain.included
      .filter(({ foreign, transaction }) => !foreign && transaction.data !== "0x")
      .map(({ transaction }) => transaction.data);

  return {
    look: () => {
      const texts = [...objects.values()].slice(entries.length);
      texts.forEach(readEntry);
      for (const { raw, transaction } of chain.handedIn.slice(sent)) judgeSent(raw, transaction);
      sent = chain.handedIn.length;
      const done = effects();
      if (new Set(done).size < done.length) throw new Error(`a step took effect twice: ${done}`);
    },
    outcome: () => entries.findLast(({ kind }) => kind === "closed")?.outcome,
    demandComplete: () => {
      const wanted = steps.map(({ data }) => data);
      const done = effects();
      if (done.join() !== wanted.join()) throw new Error(`took effect: ${done}; wanted: ${wanted}`);
      if (done.some((data) => data.startsWith("0xdead"))) throw new Error("complete with a revert");
    },
    demandUsedUp: () => {
      const last = entries.at(-1);
      if (entries.some(({ kind }) => kind === "opened") && last?.kind !== "closed") {
        throw new Error(`the plan is not closed but ${last?.kind}`);
      }
      const next = Math.max(0, ...[...signed.values()].map(({ nonce }) => nonce + 1));
      if (chain.included.length < next) throw new Error(`nonce ${next - 1} is signed and not used`);
    },
  };
}
