import type { Plan, Step } from "@playbook/evm";
import { stepsOn } from "@playbook/evm";

/** A value that a step has in one environment and not in the other. */
export type Difference = {
  /** Where it is declared: `new Vault`, `Vault.setLimit`. */
  where: string;
  chain: string;
  before: string;
  now: string;
};

export type Comparison = {
  /** What is not the same release: other steps, another order, other bytecode. */
  breaks: string[];
  differences: Difference[];
};

/**
 * Compares a plan with the one that was released elsewhere. Each chain must do, step by step, what
 * some chain did there, with the same bytecode, and nothing that was done there may be left out.
 * Addresses of the release's own contracts may differ, and so may any other value, which is told.
 */
export function compare(before: Plan, now: Plan): Comparison {
  const parts = [before.deployment.part, now.deployment.part];
  if (parts[0] !== parts[1]) {
    return {
      breaks: [`It is part ${parts[1] ?? "none"} and was part ${parts[0] ?? "none"}.`],
      differences: [],
    };
  }
  const old = chainsOf(before);
  const found = chainsOf(now).map((chain) => match(chain, old));
  const used = new Set(found.map(({ twin }) => twin));
  const left = old.filter(
    (chain) => !used.has(chain.name) && !found.some(({ shape }) => shape === chain.shape),
  );
  const forgotten = left.map(({ name }) => `No chain does what ${name} did there.`);
  return {
    breaks: [...found.flatMap(({ breaks }) => breaks), ...forgotten],
    differences: found.flatMap(({ differences }) => differences),
  };
}

type Chain = { name: string; steps: Step[]; shape: string; neutral: string[] };

function chainsOf(plan: Plan): Chain[] {
  return plan.chains.flatMap(({ name }) => {
    const steps = stepsOn(plan, name);
    if (steps.length === 0) return [];
    const names = namesIn(plan, name);
    const neutral = steps.map((step) => neutralized(step, names));
    return [{ name, steps, shape: JSON.stringify(steps.map(shapeOf)), neutral }];
  });
}

/** What must be the same wherever it is released. */
function shapeOf({ kind, data, creates }: Step) {
  const codes = creates.map(({ contract, code }) => [contract, code ?? null]);
  return [kind, kind === "call" ? data.slice(0, 10) : "", codes];
}

/**
 * Words for the addresses that the release has from its environment: what it makes and calls. What
 * is at one address on several chains is called as on the chain itself.
 */
function namesIn({ sender, steps, rights }: Plan, own: string): Map<string, string> {
  const ordered = [...steps].sort((a, b) => Number(a.chain === own) - Number(b.chain === own));
  const made = ordered.flatMap(({ id, creates }) =>
    creates.map(({ address }, at) => [address, `<${id.split("/").at(-1)}.${at}>`] as const),
  );
  const stood = (rights?.contracts ?? []).flatMap(({ address, contract }) =>
    contract ? [[address, `<${contract.replace(/@0x\w+$/, "")}>`] as const] : [],
  );
  const all = [[sender, "<sender>"] as const, ...stood, ...made];
  return new Map(all.map(([address, word]) => [address.slice(2).toLowerCase(), word]));
}

/** A step as it reads with words in place of those addresses. */
function neutralized({ to, value, data }: Step, names: Map<string, string>): string {
  let text = `${to?.slice(2).toLowerCase() ?? "-"} ${value} ${data.slice(2)}`;
  for (const [address, word] of names) text = text.replaceAll(address, word);
  return text;
}

type Match = Comparison & { twin: string | undefined; shape: string };

/**
 * The chain that did the same, if there is one the one of the same name, or with the fewest
 * differences.
 */
function match(chain: Chain, old: Chain[]): Match {
  const { name, shape } = chain;
  const twins = old.filter((one) => one.shape === shape);
  const [twin] = twins
    .map((one) => ({ one, differences: differencesOf(one, chain) }))
    .sort((a, b) => rank(a.one, chain, a.differences) - rank(b.one, chain, b.differences));
  if (twin) return { breaks: [], differences: twin.differences, twin: twin.one.name, shape };

  const nearest = old.find((one) => one.name === name) ?? old[0];
  return { breaks: [breakOf(chain, nearest)], differences: [], twin: nearest?.name, shape };
}

function rank(one: Chain, chain: Chain, differences: Difference[]): number {
  return one.name === chain.name ? -1 : differences.length;
}

function differencesOf(old: Chain, now: Chain): Difference[] {
  return now.steps.flatMap((step, at) => {
    if (old.neutral[at] === now.neutral[at]) return [];
    const { label: before } = old.steps[at] as Step;
    return [{ where: placeOf(step), chain: now.name, before, now: step.label }];
  });
}

/** `new Vault` of `new Vault{salt: 0x1}(5)`; `send` of a transfer. */
export function placeOf({ label, kind }: Pick<Step, "label" | "kind">): string {
  if (kind === "transfer") return "send";
  const [place = label] = /^(?: \(proxy\)|[^({])*/.exec(label) ?? [];
  return place.replace(/@0x\w+/, "").trim();
}

/** The first step at which two chains part. */
function breakOf(now: Chain, old: Chain | undefined): string {
  if (!old) return `Nothing was done there that ${now.name} could repeat.`;
  const same = (at: number) =>
    JSON.stringify(shapeOf(now.steps[at] as Step)) ===
    JSON.stringify(shapeOf(old.steps[at] as Step));
  const length = Math.min(now.steps.length, old.steps.length);
  const at = Array.from({ length }, (_, index) => index).find((index) => !same(index)) ?? length;
  const [mine, theirs] = [now.steps[at], old.steps[at]];
  const place = `Step ${at} of ${now.name}, compared with ${old.name}`;
  if (!mine || !theirs) {
    const extra = (mine ?? theirs)?.label;
    return `${place}: "${extra}" is ${mine ? "new" : "missing"}.`;
  }
  const code = mine.label === theirs.label ? " with other bytecode" : "";
  return `${place}: "${mine.label}"${code}, and it was "${theirs.label}".`;
}
