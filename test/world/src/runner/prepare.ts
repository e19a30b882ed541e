import { Admission } from "./admission.ts";
import { openGate } from "./gate.ts";
import type { Machine } from "./machine.ts";
import { Masks } from "./masks.ts";
import type { Opening } from "./product.ts";
import { type Run, startRun } from "./run.ts";
import { RunLog } from "./run-log.ts";
import type { RunResult } from "./run-result.ts";
import type { RunOptions, Services } from "./runner.ts";
import { type JobSetting, serveRun } from "./serve.ts";
import { jobSetting, type RunFacts, runEnvironment } from "./setting.ts";
import { type Job, jobsWithSteps, planRun } from "./workflow.ts";
import type { Source } from "./workflow-file.ts";

/** Settles all that GitHub settles before the first job, and starts the runner. */
export async function prepareRun(
  world: Services,
  libraries: Source[],
  options: RunOptions,
  opening: Opening & { machine: Machine; folder: AsyncDisposable },
): Promise<Run> {
  const { product, run, event, machine, actor, folder } = opening;
  const sources = [product, { ...product, written: product.sha }, ...libraries];
  const terms = { event: event.name, sources, untrusted: event.untrusted };
  const plan = planRun({ source: product, path: run.path }, terms);
  const facts: RunFacts = { ...opening, plan };
  const jobs = everyJobOf(plan.jobs);
  run.name = plan.name;

  const secrets = event.untrusted ? {} : (options.secrets ?? {});
  const masks = new Masks(Object.values(secrets));
  const log = new RunLog(jobs, masks, options.onLine ?? (() => {}));
  const given = { issuer: world.issuer, masks, approve: options.approve ?? false, machine };
  const admission = new Admission(facts, jobsWithSteps(plan.jobs), given);
  const gate = await openGate(admission.arrive, admission.depart);
  try {
    const { settingOf, revoke } = settle(world, facts, jobs, masks);
    const copies = { folder: machine.served, control: gate.url, settingOf };
    const served = await serveRun({ plan, sources, ...copies });
    const { env, path, vars = {} } = options;
    const prepared = {
      ...{ record: run, folder, machine, served, event, jobs: plan.jobs, log, admission, gate },
      ...{ results: world.results, actor: actor.login, secrets, vars, env, path },
      variables: runEnvironment(facts, world.github),
    };
    return await startRun(prepared, (result) => {
      revoke();
      conclude(facts, result);
    });
  } catch (error) {
    await gate[Symbol.asyncDispose]();
    throw error;
  }
}

function conclude({ run }: RunFacts, { conclusion }: RunResult): void {
  // What GitHub calls a machine that vanished.
  const told = conclusion === "lost" ? "failure" : conclusion;
  Object.assign(run, { status: "completed", conclusion: told });
}

/** Makes each job's credentials. They are worth nothing once the run is over. */
function settle({ github, results }: Services, facts: RunFacts, jobs: Job[], masks: Masks) {
  const tokens: string[] = [];
  const settings = new Map<Job, JobSetting>();
  for (const job of jobs) {
    const token = github.token(job.permissions, facts.repository.name);
    const actionEnv = results.env(String(facts.run.id));
    tokens.push(token);
    for (const secret of [token, actionEnv.ACTIONS_RUNTIME_TOKEN ?? ""]) masks.add(secret);
    settings.set(job, jobSetting(facts, job, { token, actionEnv }));
  }
  return {
    settingOf: (job: Job) => settings.get(job) ?? { contexts: {}, actionEnv: {} },
    revoke: () => {
      for (const token of tokens) github.revoke(token);
    },
  };
}

function everyJobOf(jobs: Job[]): Job[] {
  return jobs.flatMap((job) => [job, ...everyJobOf(job.calls?.jobs ?? [])]);
}
