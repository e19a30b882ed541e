import {
  applies,
  asked,
  calledWorkflow,
  covers,
  type Demand,
  granted,
  isCheckout,
  jobsOf,
  mayWrite,
  type NamedJob,
  type Rule,
  usedAction,
} from "./model.ts";
import { runsProductCode } from "./product-code.ts";

/** GitHub refuses to start a run whose called jobs ask for more than their caller grants. */
export const grantsWhatCallsAsk: Rule = (subject, library) =>
  jobsOf(subject).flatMap((job) => {
    const called = library.workflows.get(calledWorkflow(job) ?? "");
    const have = granted(subject, job);
    return Object.entries(called ? asked(called, library) : {})
      .filter(([name, access]) => !covers(have?.[name], access))
      .map(([name, access]) => `${job.id}: has to grant ${name}: ${access}`);
  });

/** Without a word about permissions a token has what the repository's settings say. */
export const statesPermissions: Rule = (subject) =>
  jobsOf(subject)
    .filter((job) => granted(subject, job) === undefined)
    .map(({ id }) => `${id}: states no permissions`);

/** Any process of a job that may write or mint a token can do so. */
export const keepsProductCodeFromRights: Rule = (subject) =>
  jobsOf(subject)
    .filter((job) => mayWrite(granted(subject, job)) || job.environment !== undefined)
    .filter((job) => runsProductCode(subject, job))
    .map(({ id }) => `${id}: runs product code with rights`);

/** What the product's code can read are the endpoints that it may know, and no other secret. */
export const keepsSecretsFromProductCode: Rule = (subject) =>
  jobsOf(subject)
    .filter((job) => runsProductCode(subject, job))
    .flatMap((job) =>
      [...JSON.stringify(job).matchAll(/secrets\.([\w-]+)|github\.token/g)]
        .filter(([, name]) => !name?.endsWith("-plan"))
        .map(([found]) => `${job.id}: product code could read ${found}`),
    );

/** A job asks for what its actions' access.yml files demand, and for the checkout; no more. */
export const asksWhatActionsNeed: Rule = (subject, library) => {
  if (subject.kind !== "released") return [];
  return jobsOf(subject).flatMap((job) => {
    const have = granted(subject, job) ?? {};
    const needed = demanded(job, (name) => library.actions.get(name)?.access ?? []);
    const names = new Set([...Object.keys(have), ...Object.keys(needed)]);
    return [...names]
      .filter((name) => (have[name] ?? "none") !== (needed[name] ?? "none"))
      .map((name) => {
        const [has, needs] = [have[name] ?? "none", needed[name] ?? "none"];
        return `${job.id}: has ${name}: ${has} where its steps need ${needs}`;
      });
  });
};

type Demands = (action: string) => Demand[];

function demanded({ steps, uses }: NamedJob, demands: Demands): Record<string, string> {
  const needed: Record<string, string> = {};
  if (uses) return needed;
  for (const step of steps) {
    if (isCheckout(step)) needed.contents ??= "read";
    for (const demand of demands(usedAction(step) ?? "")) {
      const { permission, access } = demand;
      const asks = applies(demand, step.with);
      if (asks && !covers(needed[permission], access)) needed[permission] = access;
    }
  }
  return needed;
}
