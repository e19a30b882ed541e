import { ActionError } from "@playbook/action";
import { closest } from "fastest-levenshtein";
import { type Document, parseDocument } from "yaml";
import { readWorkflows } from "../library.ts";

/** A workflow file of a product, as a README of ours has it to paste. */
export type Caller = {
  /** `.github/workflows/release.yml` */
  path: string;
  text: string;
};

/** A value in it that is an example's: `release-ui.bucket`. */
export type Example = { path: string; input: string; value: string };

/** What belongs to each system of a product: names of workflows. */
export const SYSTEMS: Record<string, string[]> = {
  contracts: ["release-contracts", "plan-contracts", "comment-plan"],
  ui: ["release-ui", "build-preview", "deploy-preview", "sweep-previews"],
  axon: [
    ...["release-axon", "upgrade-axon", "change-axon-validators"],
    ...["backup-axon", "drill-axon", "restore-axon"],
  ],
  hyperlane: ["release-hyperlane", "check-hyperlane"],
  subgraph: ["release-subgraph", "plan-subgraph", "preview-subgraph", "sweep-subgraph-previews"],
};

const BLOCK = /^```yaml\n(# (\.github\/workflows\/[\w.-]+)\n[\s\S]*?)^```$/gm;
const CALLED = /^khalani\/playbook\/\.github\/workflows\/([\w-]+)\.yml@/;

/** Values that only our READMEs have: accounts, hosts and clusters that belong to nobody. */
const OF_EXAMPLES =
  /111122223333|\.example\b|\bnexus\b|\bkhalani-production\b|\b0x([0-9a-f])\1{39}\b/;

/** The files that a system's READMEs have to paste. Throws `bad-input`. */
export function callersOf(system: string): Caller[] {
  const workflows = SYSTEMS[system];
  if (!workflows) throw unknown("system", system, Object.keys(SYSTEMS));
  const pages = new Map(readWorkflows().map(({ name, readme }) => [name, readme]));
  return workflows.flatMap((name) => callersIn(pages.get(name) ?? ""));
}

/** The blocks of a page that begin with the path of a workflow file: the first for each. */
export function callersIn(page: string): Caller[] {
  const blocks = [...page.matchAll(BLOCK)].map(([, text = "", path = ""]) => ({ path, text }));
  return blocks.filter(({ path }, at) => blocks.findIndex((one) => one.path === path) === at);
}

/**
 * Puts values into the calls: `bucket` into every call that has such an input, `release-ui.bucket`
 * into calls of that workflow. Tells which values are still an example's. Throws `bad-input` for an
 * input that none of the called workflows has.
 */
export function fill(
  callers: Caller[],
  values: Record<string, string>,
): { callers: Caller[]; examples: Example[] } {
  checkNames(callers, values);
  const filled = callers.map(({ path, text }) => fillOne(path, text, values));
  return {
    callers: filled.map(({ caller }) => caller),
    examples: filled.flatMap(({ examples }) => examples),
  };
}

function fillOne(path: string, text: string, values: Record<string, string>) {
  const document = parseDocument(text);
  let isChanged = false;
  const examples: Example[] = [];
  for (const { job, workflow, inputs } of callsIn(document)) {
    for (const input of inputs) {
      const value = values[`${workflow}.${input}`] ?? values[input];
      const at = ["jobs", job, "with", input];
      const present = document.getIn(at);
      if (value !== undefined) {
        document.setIn(at, value);
        isChanged = true;
      } else if (OF_EXAMPLES.test(String(present ?? ""))) {
        examples.push({ path, input: `${workflow}.${input}`, value: String(present) });
      }
    }
  }
  return {
    caller: { path, text: isChanged ? document.toString({ lineWidth: 0 }) : text },
    examples,
  };
}

type Call = { job: string; workflow: string; inputs: string[] };

/** The jobs that call a workflow of ours, with all inputs that it takes. */
function callsIn(document: Document): Call[] {
  const { jobs = {} } = document.toJS() as { jobs?: Record<string, { uses?: string }> };
  return Object.entries(jobs).flatMap(([job, { uses = "" }]) => {
    const [, workflow] = CALLED.exec(uses) ?? [];
    return workflow ? [{ job, workflow, inputs: inputsOf(workflow) }] : [];
  });
}

function inputsOf(workflow: string): string[] {
  const found = readWorkflows().find(({ name }) => name === workflow);
  return Object.keys(found?.file.on.workflow_call?.inputs ?? {});
}

function checkNames(callers: Caller[], values: Record<string, string>): void {
  const known = callers.flatMap(({ text }) =>
    callsIn(parseDocument(text)).flatMap(({ workflow, inputs }) =>
      inputs.flatMap((input) => [input, `${workflow}.${input}`]),
    ),
  );
  for (const name of Object.keys(values)) {
    if (!known.includes(name)) throw unknown("input", name, known);
  }
}

function unknown(what: string, name: string, known: string[]): ActionError {
  return new ActionError("bad-input", {
    what: `There is no ${what} "${name}".`,
    why: `Did you mean "${closest(name, known)}"?`,
    next: `Known are: ${[...new Set(known)].filter((one) => !one.includes(".")).join(", ")}.`,
  });
}
