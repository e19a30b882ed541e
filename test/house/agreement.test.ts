import { readActions, readWorkflows, type Step, type Workflow } from "../../scripts/library.ts";

/** They carry files to the other jobs, or make what these check by its digest. */
const CARRIES = ["pack", "build"];

/** What differs between the jobs of every workflow: what each of them is, and may do. */
const OWN = ["mode", "role", "rpc-urls", "plan-digest", "plan-error", "artifact-digest"];

const SIGNS = ["region", "key", "state", "budget"];

const ONE_CALL = [
  ...[
    "artifact",
    "run-id",
    "head",
    "head-sha",
    "manifest",
    "config",
    "per-release",
    "connect-sources",
    "routing",
  ],
  ...["url", "production-url", "production-bucket", "production-key-value-store"],
  ...["pull-request", "reviewed-environment", "ipfs", "ipfs-token", "lag", "wait"],
  "verify",
];

/** Inputs that not all jobs of a workflow give an action alike, each for its reason. */
const APART: Record<string, string[]> = {
  // The plan chooses the backup and what validators begin with, and the apply takes these.
  "restore-axon restore-axon": ["backup", "base"],
  // What was planned comes as an artifact, which is held against the digest that was approved.
  "release-hyperlane deploy-hyperlane-core": [
    ...["registry", "configs", "agent-config", "chains", "validators", "relayers"],
    ...["allow-few-validators", "allow-low-threshold", "allow-shared-keys", "allow-unsigned"],
    ...["allow-no-merkle-tree", "instant-finality", "allow-one-operator", "allow-one-place"],
    ...[...SIGNS, "redeploy"],
  ],
  // The role that plans may not read what the key of the other has begun.
  "release-hyperlane deploy-hyperlane-agents": ["state"],
  "release-contracts foundry-broadcast-with-kms": [
    ...["optional", "scripts", "chains", "chains-file", "project", "profile"],
    ...["layouts", "unsafe-layouts", "quorum", ...SIGNS],
  ],
  // A build is planned, one that is there already comes back.
  "release-ui deploy-ui": [
    ...[
      "release",
      "folder",
      "artifact",
      "immutable",
      "per-release",
      "cache-rules",
      "connect-sources",
      "routing",
    ],
    ...["order", "bucket", "distribution", "url", "region", "manifest", "config", "keep"],
    ...["allow-older", "rollback-to", "verify", "wait"],
  ],
  // One shows a preview, another takes it away.
  "deploy-preview deploy-preview": ONE_CALL,
  "preview-subgraph preview-subgraph": ONE_CALL,
};

type Use = { workflow: string; action: string; steps: Step["with"][] };

function usesIn({ name: workflow, file }: Workflow): Use[] {
  const steps = Object.values(file.jobs).flatMap((job) => job.steps);
  const actions = steps.flatMap(({ uses = "" }) => /^\$\/actions\/(.+)$/.exec(uses)?.[1] ?? []);
  return [...new Set(actions)].map((action) => {
    const own = steps.filter(({ uses }) => uses === `$/actions/${action}`);
    return { workflow, action, steps: own.map((step) => step.with) };
  });
}

/** Inputs that are given to one job only, or to each in its own way. */
function apartIn({ steps }: Use): string[] {
  const doing = steps.filter(({ mode }) => !CARRIES.includes(String(mode)));
  const carried = steps.filter(({ mode }) => CARRIES.includes(String(mode)));
  const names = [...new Set(doing.flatMap((given) => Object.keys(given)))];
  return names.filter((name) => {
    const given = [...doing, ...carried.filter((one) => name in one)].map((one) => one[name]);
    return !OWN.includes(name) && new Set(given).size > 1;
  });
}

const uses = readWorkflows().flatMap(usesIn);

test.each(uses)("what $workflow tells $action is the same in all its jobs", (use) => {
  const allowed = APART[`${use.workflow} ${use.action}`] ?? [];

  expect(apartIn(use).filter((name) => !allowed.includes(name))).toEqual([]);
});

test("an input that one job lacks is found, and one that another job has otherwise", () => {
  const plan = { mode: "plan", release: "a", rotate: "b" };
  const apply = { mode: "apply", release: "b" };

  expect(apartIn({ workflow: "w", action: "a", steps: [plan, apply] })).toEqual([
    "release",
    "rotate",
  ]);
});

/** Its plan fails by itself where it cannot be applied. */
const FAILS_ITSELF = ["change-axon-validators"];

const judging = readActions()
  .filter(({ file, name }) => "can-apply" in file.outputs && !FAILS_ITSELF.includes(name))
  .map(({ name }) => `$/actions/${name}`);

type Planned = { workflow: string; plan: string; jobs: Workflow["file"]["jobs"] };

/** The jobs that plan with an action which says whether that can be applied. */
const planned: Planned[] = readWorkflows().flatMap(({ name: workflow, file: { jobs } }) =>
  Object.entries(jobs)
    .filter(([, { steps }]) =>
      steps.some((step) => judging.includes(step.uses ?? "") && step.with.mode === "plan"),
    )
    .map(([plan]) => ({ workflow, plan, jobs })),
);

test("whoever plans what may not be applied is known", () => {
  expect(planned.map(({ workflow, plan }) => `${workflow} ${plan}`).sort()).toEqual([
    "release-axon plan",
    "release-hyperlane plan-agents",
    "restore-axon plan",
    "upgrade-axon plan",
  ]);
});

test.each(planned)("what $plan of $workflow finds in the way is nobody's to approve", (one) => {
  const { plan, jobs } = one;
  const [step] = jobs[plan]?.steps ?? [];
  expect(jobs[plan]?.outputs["can-apply"]).toBe(`\${{ steps.${step?.id}.outputs.can-apply }}`);

  const asking = Object.values(jobs).filter(
    ({ needs, environment, steps }) =>
      needs.includes(plan) && environment && steps.some(({ uses }) => uses === step?.uses),
  );
  expect(asking).toHaveLength(1);
  expect(asking[0]?.if).toContain(`&& needs.${plan}.outputs.can-apply != 'false' }}`);

  const refusing = Object.values(jobs).filter(
    (job) => job.if === `needs.${plan}.outputs.can-apply == 'false'`,
  );
  expect(refusing).toMatchObject([{ permissions: {}, needs: [plan] }]);
  expect(refusing[0]?.steps[0]?.run).toMatch(/^echo "::error .*\nexit 1\n$/);
});
