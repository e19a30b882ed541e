import type { Input, Job } from "../../scripts/library.ts";
import { calledWorkflow, jobsOf, type Rule, usedAction } from "./model.ts";

/** Calls of workflows hand over what is required, and nothing that is not there. */
export const callsFit: Rule = (subject, library) =>
  jobsOf(subject).flatMap((job) => {
    const name = calledWorkflow(job);
    if (name === undefined) return [];
    const call = library.workflows.get(name)?.on.workflow_call;
    if (!call) return [`${job.id}: there is no workflow ${name} to call`];

    const given = typeof job.secrets === "object" ? Object.keys(job.secrets) : [];
    return [
      ...mismatches(`${job.id}: input`, call.inputs, Object.keys(job.with)),
      ...typesFit(job, call.inputs).map((problem) => `${job.id}: ${problem}`),
      ...mismatches(`${job.id}: secret`, call.secrets, given),
      // `inherit` stops at an organisation's border, and hands over more than is needed.
      ...(job.secrets === "inherit" ? [`${job.id}: inherits secrets`] : []),
    ];
  });

/** Steps give the library's actions what is required, and nothing that is not there. */
export const stepsFit: Rule = (subject, library) =>
  jobsOf(subject).flatMap(({ id, steps }) =>
    steps.flatMap((step) => {
      const name = usedAction(step);
      if (name === undefined) return [];
      const action = library.actions.get(name);
      if (!action) return [`${id}: there is no action ${name}`];
      return mismatches(`${id}: input of ${name}`, action.file.inputs, Object.keys(step.with));
    }),
  );

type Declared = Record<string, { required: boolean; default?: unknown }>;

function mismatches(what: string, declared: Declared, given: string[]): string[] {
  const missing = Object.entries(declared)
    .filter(([name, { required }]) => required && !given.includes(name))
    .map(([name]) => `${what} ${name} is missing`);
  const unknown = given.filter((name) => !(name in declared));
  return [...missing, ...unknown.map((name) => `${what} ${name} is unknown`)];
}

function typesFit({ with: given }: Job, declared: Record<string, Input>): string[] {
  return Object.entries(given)
    .filter(([, value]) => !String(value).includes("${{"))
    .filter(([name, value]) => declared[name]?.type && typeof value !== declared[name].type)
    .map(([name, value]) => `input ${name} is a ${typeof value}, not a ${declared[name]?.type}`);
}

/** Outputs that are read exist: of jobs, of called workflows, of the library's actions. */
export const outputsExist: Rule = (subject, library) => {
  const jobs = subject.file.jobs;
  const outputsOf = (id: string): string[] => {
    const job = jobs[id];
    const called = job && library.workflows.get(calledWorkflow(job) ?? "");
    return Object.keys(called ? (called.on.workflow_call?.outputs ?? {}) : (job?.outputs ?? {}));
  };
  const read = [...subject.text.matchAll(/\b(?:needs|jobs)\.([\w-]+)\.outputs\.([\w-]+)/g)];
  const absent = read.filter(([, id = "", name = ""]) => !outputsOf(id).includes(name));
  const steps = jobsOf(subject).flatMap(({ id, steps, outputs }) =>
    [...JSON.stringify([steps, outputs]).matchAll(/\bsteps\.([\w-]+)\.outputs\.([\w-]+)/g)]
      .filter(([, step, name = ""]) => {
        const action = usedAction(steps.find((one) => one.id === step) ?? { with: {}, env: {} });
        const known = library.actions.get(action ?? "")?.file.outputs;
        return known !== undefined && !(name in known);
      })
      .map(([found]) => `${id}: ${found} does not exist`),
  );
  return [...absent.map(([found]) => `${found} does not exist`), ...steps];
};

/** An input that nothing reads is a promise that nothing keeps. */
export const inputsAreUsed: Rule = ({ kind, file, text }) => {
  if (kind !== "released") return [];
  const { inputs = {}, secrets = {} } = file.on.workflow_call ?? {};
  const unused = (context: string) => (name: string) =>
    !new RegExp(`\\b${context}\\.${name}(?![\\w-])`).test(text);
  return [
    ...Object.keys(inputs).filter(unused("inputs")),
    ...Object.keys(secrets).filter(unused("secrets")),
  ].map((name) => `${name} is declared and never read`);
};
