import type { ActionError } from "@playbook/action";
import { error, type Finding, warning } from "./finding.ts";
import { type Manifest, nameOf } from "./manifest.ts";

/** What the API server has against an object that it was shown. */
export type Answer = { one: Manifest; said: ActionError };

type Asking = {
  rendered: readonly Manifest[];
  /** Who plans need not be able to write; who applies does what was shown next. */
  isPlan: boolean;
  /** What was found without asking. */
  told: readonly Finding[];
};

/** What the API server would refuse in the middle of Helm's upgrade, and what it was not asked. */
export function checkAnswers(answers: readonly Answer[], asking: Asking): Finding[] {
  const found = answers.flatMap((answer) => findingsIn(answer, asking));
  return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()];
}

function findingsIn({ one, said }: Answer, { rendered, isPlan, told }: Asking): Finding[] {
  const missing = /namespaces "([^"]*)" not found/.exec(said.why)?.[1];
  if (missing) return isRendered(missing, rendered) ? [] : [noNamespace(missing, said)];
  // What it goes with may be made by Helm a moment before it.
  if (said.code === "kube-absent") return [];
  if (said.code === "kube-forbidden" && isPlan) return [unasked(said)];
  if (/does not support dry run/.test(said.why)) return [unheard(said)];
  return isTold(one, said, told) ? [] : [refused(one, said)];
}

function isRendered(namespace: string, rendered: readonly Manifest[]): boolean {
  return rendered.some(({ kind, metadata }) => kind === "Namespace" && metadata.name === namespace);
}

/** What is found for the same reason without asking, and with what to do about it. */
const KNOWN = ["immutable-changed", "amount-refused", "selector-unmet", "budget-refused"];

function isTold(one: Manifest, { why }: ActionError, told: readonly Finding[]): boolean {
  const errors = told.filter(({ level }) => level === "error");
  if (/exceeded quota/.test(why)) return errors.some(({ code }) => code === "quota-exceeded");
  const isAt = (at: string) => at === nameOf(one) || at.startsWith(`${nameOf(one)}, `);
  return errors.some(({ code, at }) => KNOWN.includes(code) && isAt(at));
}

function noNamespace(name: string, { why }: ActionError): Finding {
  const next = `Create it: kubectl create namespace ${name}.`;
  return error("refused-by-cluster", `Namespace ${name}`, `It is not there: ${why}.`, next);
}

function unasked({ what }: ActionError): Finding {
  const why = `The API server was not asked whether it takes what is rendered. ${what}`;
  const next = "Nothing has to be done: `apply` asks it before anything is changed.";
  return warning("cluster-unasked", "The API server", why, next);
}

function unheard({ why }: ActionError): Finding {
  const next = "Where the webhook changes nothing else, let it say `sideEffects: None`.";
  return warning("cluster-unasked", "The API server", `It could not be asked: ${why}.`, next);
}

function refused(one: Manifest, { code, why: said, next }: ActionError): Finding {
  const words = said.replaceAll("\n", "; ").replace(/\.$/, "");
  const why = `The API server refuses it: ${words}. Helm's upgrade would fail in the middle.`;
  const mending =
    code === "kube-forbidden" ? next : "Correct what it names: the values or the chart.";
  return error("refused-by-cluster", nameOf(one), why, mending);
}

/** What Helm changes of an object that is there. */
export function changeOf(one: Manifest, last: Manifest | undefined): object {
  const change = changeTo(one, last) as Manifest;
  if (one.kind !== "PodDisruptionBudget" || !isRecord(change.spec)) return change;
  // A rollout that was killed has left it shut: the next one opens it before Helm writes it.
  return { ...change, spec: { minAvailable: null, maxUnavailable: null, ...change.spec } };
}

/** As a JSON merge patch: what was rendered last and is no more is taken away, as Helm does it. */
function changeTo(next: unknown, last: unknown): unknown {
  if (!isRecord(next) || !isRecord(last)) return next;
  const gone = Object.keys(last).filter((key) => !(key in next));
  return Object.fromEntries([
    ...Object.entries(next).map(([key, value]) => [key, changeTo(value, last[key])]),
    ...gone.map((key) => [key, null]),
  ]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
