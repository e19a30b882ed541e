import { basename, dirname } from "node:path";
import { addDeployment, addStatus } from "../github/deployments.ts";
import type { Deployment } from "../github/state.ts";
import type { Grant, Issuer } from "../issuer.ts";
import { type Answer, type Arrival, branchRefusal, type Departure } from "./gate.ts";
import type { Machine } from "./machine.ts";
import type { Masks } from "./masks.ts";
import { grants } from "./permissions.ts";
import { jobClaims, type RunFacts } from "./setting.ts";
import { keepLeft } from "./traces.ts";
import type { Job } from "./workflow.ts";

/** A job that waits for somebody's approval. */
export type Waiting = { job: string; environment: string };

export type Approve = boolean | ((waiting: Waiting) => boolean | Promise<boolean>);

/** One job, or one leg of a matrix, between its start and its end. */
export type Visit = Arrival & {
  planned: Job;
  outputs?: Record<string, string>;
  identity?: Grant;
  deployment?: Deployment;
};

const REJECTED = "The deployment was rejected or didn't satisfy other protection rules.";

/** Decides at the start of each job whether it may run, and as whom. */
export class Admission {
  readonly visits: Visit[] = [];
  readonly #facts: RunFacts;
  readonly #jobs: Map<number, Job>;
  readonly #issuer: Issuer;
  readonly #masks: Masks;
  readonly #approve: Approve;
  readonly #machine: Machine;

  constructor(
    facts: RunFacts,
    jobs: Job[],
    world: { issuer: Issuer; masks: Masks; approve: Approve; machine: Machine },
  ) {
    this.#facts = facts;
    this.#jobs = new Map(jobs.map((job) => [job.number, job]));
    this.#issuer = world.issuer;
    this.#masks = world.masks;
    this.#approve = world.approve;
    this.#machine = world.machine;
  }

  arrive = async (arrival: Arrival): Promise<Answer> => {
    const planned = this.#jobs.get(arrival.job);
    if (!planned) throw new Error(`there is no job ${arrival.job}`);
    const visit: Visit = { ...arrival, planned };
    this.visits.push(visit);

    const refused = arrival.environment && (await this.#refusal(visit));
    if (refused) return { refused };
    if (deploys(visit)) visit.deployment = this.#deploy(arrival.environment);
    return { given: this.#identity(visit) };
  };

  depart = async ({ workspace, outputs }: Departure): Promise<void> => {
    const visit = this.visits.find((known) => known.workspace === workspace);
    if (!visit) return;
    visit.outputs = outputs;
    this.end(visit);
    await keepLeft(this.#machine, basename(dirname(workspace)), workspace);
  };

  /** The job is over: what it was given is worth nothing from now on. */
  end({ identity }: Visit): void {
    identity?.end();
  }

  conclude({ deployment }: Visit, state: "success" | "failure"): void {
    if (deployment) addStatus(this.#facts.repository, deployment, state, {});
  }

  async #refusal({ planned, environment }: Visit): Promise<string | undefined> {
    const { repository, event } = this.#facts;
    const rules = repository.environments.get(environment);
    // The first use of a name makes the environment, without any protection.
    if (!rules) repository.environments.set(environment, {});
    const branch = branchRefusal(environment, rules ?? {}, event.ref);
    if (branch || !rules?.reviewers) return branch;

    const waiting = { job: planned.name, environment };
    const approve = this.#approve;
    const approved = typeof approve === "function" ? await approve(waiting) : approve;
    return approved ? undefined : REJECTED;
  }

  #deploy(environment: string): Deployment {
    const { repository, event, sha } = this.#facts;
    const ref = event.ref.replace(/^refs\/(heads|tags)\//, "");
    const deployment = addDeployment(repository, { ref, sha, environment, task: "deploy" });
    addStatus(repository, deployment, "in_progress", {});
    return deployment;
  }

  #identity(visit: Visit): Record<string, string> {
    const { planned, environment } = visit;
    if (!grants(planned.permissions, "id-token", "write")) return {};
    visit.identity = this.#issuer.grant(jobClaims(this.#facts, planned, environment));
    const { url, token } = visit.identity;
    this.#masks.add(token);
    return { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token };
  }
}

/** A job in an environment is a deployment, unless `deployment: false` says that it is none. */
function deploys({ environment, planned }: Visit): boolean {
  return environment !== "" && planned.yaml.environment?.deployment !== false;
}
