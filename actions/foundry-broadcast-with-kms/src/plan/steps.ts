import type { Address, Hex, Rights, Step } from "@playbook/evm";
import { type Artifacts, codeHash } from "./artifact.ts";
import { type Dependent, dependencies } from "./dependency.ts";
import type { Fork } from "./fork.ts";
import {
  labelOfCall,
  labelOfCreate,
  labelOfTransfer,
  type Names,
  nameCreated,
  type Vocabulary,
} from "./label.ts";
import { waitFor } from "./selector.ts";
import type { Happened } from "./simulation.ts";
import { callsToOthers, creationsOf, footprint, type Trace, tracesOf } from "./trace.ts";

/** The deterministic deployment proxy that forge sends every CREATE2 through. */
export const CREATE2_FACTORY = "0x4e59b44847b379578588920cA78FbF26c0B4956C";

/** A step before it is known which others it comes after. */
type Draft = Omit<Step, "after" | "id"> & { dependent: Omit<Dependent, "id"> };

/** The steps, how each ran on its fork, and what is known there by which name. */
export type Made = { steps: Step[]; traces: Map<Happened, Trace>; names: Map<Fork, Names> };

/**
 * `all` in the order in which the scripts made them; `script` is the index of each one's script.
 * `known` are contracts that have names from before.
 */
export async function makeSteps(
  all: (Happened & { script: number })[],
  artifacts: Artifacts,
  sender: Address,
  known: Rights["contracts"] = [],
): Promise<Made> {
  const traces = new Map<Happened, Trace>();
  const vocabularies = new Map<Fork, Vocabulary>();
  for (const fork of new Set(all.map((one) => one.fork))) {
    const own = all.filter((one) => one.fork === fork);
    const found = await tracesOf(
      fork,
      own.map(({ mined }) => mined.hash),
    );
    own.forEach((one, index) => {
      traces.set(one, found[index] as Trace);
    });
    const token = fork.live.metadata.nativeToken;
    const names = new Map([[sender.toLowerCase(), "sender"], ...namesOn(fork, known)]);
    vocabularies.set(fork, { artifacts, names, token });
  }
  for (const [fork, vocabulary] of vocabularies) {
    const others = [...vocabularies].filter(([other]) => other !== fork);
    vocabulary.elsewhere = new Map(others.map(([{ live }, { names }]) => [live.name, names]));
  }

  const drafts = all.map((one) =>
    draft(one, traces.get(one) as Trace, vocabularies.get(one.fork) as Vocabulary, sender),
  );
  const names = [...vocabularies].map(([fork, known]) => [fork, known.names] as const);
  return { steps: arrange(drafts), traces, names: new Map(names) };
}

function namesOn({ live }: Fork, known: Rights["contracts"]): [string, string][] {
  return known.flatMap(({ chain, address, contract }) =>
    chain === live.name && contract ? [[address.toLowerCase(), contract]] : [],
  );
}

function draft(
  one: Happened & { script: number },
  trace: Trace,
  vocabulary: Vocabulary,
  sender: Address,
): Draft {
  const creations = creationsOf(trace.calls);
  const kind = kindOf(one, creations.length);
  learn(vocabulary, one.names, new Set(creations.map(({ address }) => address.toLowerCase())));
  const label = labelOf(one, kind, vocabulary);
  const creates = creations.map(({ address, code }) => {
    const forges = one.names.get(address.toLowerCase());
    const contract = nameCreated(code, address, forges, vocabulary);
    return { address, contract, code: codeHash(code, vocabulary.artifacts) };
  });
  const { to, value, data, nonce, gas, dataGas, script } = one;
  const waits = waitFor(callsToOthers(trace.calls), value);
  const ignored = new Set([sender.toLowerCase(), CREATE2_FACTORY.toLowerCase()]);
  return {
    ...{
      chain: one.fork.live.name,
      script,
      nonce,
      kind,
      to,
      value,
      data,
      gas,
      ...(dataGas > 0 ? { dataGas } : {}),
      label,
      creates,
      waits,
    },
    dependent: {
      ...{ to, data, waits },
      creates: creations.map(({ address }) => address),
      footprint: footprint(trace, ignored),
    },
  };
}

/** Forge's names for contracts that are on the chain already. */
function learn({ names }: Vocabulary, forges: Map<string, string>, made: Set<string>): void {
  for (const [address, name] of forges) {
    if (!names.has(address) && !made.has(address)) names.set(address, name);
  }
}

function kindOf({ to, data }: Happened, creations: number): Step["kind"] {
  if (to === null) return "create";
  if (to === CREATE2_FACTORY && creations > 0) return "create2";
  return data === "0x" ? "transfer" : "call";
}

function labelOf(
  { to, data, value, names, function: hint }: Happened,
  kind: Step["kind"],
  vocabulary: Vocabulary,
): string {
  const [name] = names.values();
  if (to === null) return labelOfCreate(data, { value, name }, vocabulary);
  if (kind === "transfer") return labelOfTransfer(to, value, vocabulary);
  if (kind === "call") return labelOfCall(to, data, value, vocabulary, hint);

  const salt = data.slice(0, 66) as Hex;
  return labelOfCreate(`0x${data.slice(66)}`, { value, salt, name }, vocabulary);
}

/** Gives the steps their ids and, chain by chain, what they come after. */
function arrange(drafts: Draft[]): Step[] {
  const positions = new Map<string, number>();
  const named = drafts.map((one) => {
    const position = positions.get(one.chain) ?? 0;
    positions.set(one.chain, position + 1);
    return { ...one, id: `${one.chain}/${position}` };
  });

  const after = new Map<string, string[]>();
  for (const chain of positions.keys()) {
    const own = named.filter((one) => one.chain === chain);
    const found = dependencies(own.map(({ id, dependent }) => ({ id, ...dependent })));
    own.forEach(({ id }, index) => {
      after.set(id, found[index] ?? []);
    });
  }
  return named.map(({ dependent: _, ...step }) => ({ ...step, after: after.get(step.id) ?? [] }));
}
