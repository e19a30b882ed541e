import { ActionError } from "@playbook/action";
import type { Store } from "@playbook/state";
import { type Chain, finality } from "../chain.ts";
import type { Endpoint } from "../endpoint.ts";
import { type Adoption, adoption, type Sighting } from "../ledger/adoption.ts";
import { Ledger, type LedgerKey } from "../ledger/ledger.ts";
import type { LedgerState } from "../ledger/state.ts";
import type { Address, Hex } from "../primitives.ts";
import { stopped, within } from "./errors.ts";
import { checkOnlyLedger } from "./identity.ts";
import { whoUsed } from "./observe.ts";
import { wrote } from "./open.ts";

export type AdoptInputs = {
  chain: Chain;
  signer: Address;
  endpoint: Endpoint;
  store: Store;
  /** Random id of the run. */
  writer: string;
};

/** What was found of a key on a chain, and what its ledger takes over. */
export type Adoptable = {
  key: LedgerKey;
  ledger: Ledger;
  seen: Sighting;
  adoption: Adoption;
  /** For nonces that somebody else used: the transaction of the last one, in a final block. */
  proof: { hash: Hex; block: number } | null;
};

/**
 * Compares a key's ledger with its chain, and changes nothing. Throws the errors of `adoption`, and
 * `wrong-chain`, `chain-was-reset`, or `use-unproven` when the node cannot show who used a nonce.
 */
export function findAdoption(inputs: AdoptInputs): Promise<Adoptable> {
  const { chain, endpoint } = inputs;
  return within(chain.name, endpoint, async () => {
    const key = await keyOf(inputs);
    const ledger = new Ledger(inputs.store, key, inputs.writer);
    await checkOnlyLedger(inputs.store, key, chain.name);
    return look(inputs, key, ledger);
  });
}

/**
 * Writes what was found; looks again when another run was first. What the ledger took over in the
 * end.
 */
export function adoptKey(inputs: AdoptInputs, found: Adoptable): Promise<Adoptable> {
  const { chain, endpoint } = inputs;
  return within(chain.name, endpoint, async () => {
    for (let now = found; ; now = await look(inputs, found.key, found.ledger)) {
      const { adoption, proof, key } = now;
      if (adoption.act === "none") return now;
      if (adoption.act === "begin") {
        const { nonce, block } = adoption;
        if (await wrote(now.ledger, { kind: "adopted", ...key, nonce, block })) return now;
      } else if (proof) {
        const { upTo } = adoption;
        if (await wrote(now.ledger, { kind: "foreign", upTo, ...proof })) return now;
      }
    }
  });
}

async function keyOf({ chain, signer, endpoint }: AdoptInputs): Promise<LedgerKey> {
  const { chainId, genesis } = await endpoint.identity();
  if (chainId === chain.chainId) return { genesis, chainId, signer };
  throw new ActionError("wrong-chain", {
    what: `${endpoint.host} is not ${chain.name}.`,
    why: `It says chain id ${chainId}; the chains file says ${chain.chainId}.`,
    next: `Correct the URL of ${chain.name}.`,
  });
}

async function look(inputs: AdoptInputs, key: LedgerKey, ledger: Ledger): Promise<Adoptable> {
  const state = await ledger.read();
  const seen = await sight(inputs);
  const found = adoption(state, seen);
  const proof = found.act === "pass" && state ? await prove(inputs, state, seen) : null;
  return { key, ledger, seen, adoption: found, proof };
}

async function sight({ chain, signer, endpoint }: AdoptInputs): Promise<Sighting> {
  const head = await endpoint.head();
  const depth = finality(chain);
  const isDepth = typeof depth === "number";
  const block = isDepth ? Math.max(0, head.number - depth) : await endpoint.tagged(depth);
  const [final, latest, pending] = await Promise.all([
    endpoint.nonce(signer, block),
    endpoint.nonce(signer, head.number),
    endpoint.nonce(signer, "pending"),
  ]);
  return { chain: chain.name, signer, final, latest, pending, block };
}

async function prove(
  { chain, signer, endpoint }: AdoptInputs,
  { block: from }: LedgerState,
  { final, block: to }: Sighting,
): Promise<{ hash: Hex; block: number }> {
  const user = await whoUsed(endpoint, signer, final - 1, from, to);
  if (user) return user;
  throw stopped.unproven(chain.name, endpoint.host, final - 1);
}
