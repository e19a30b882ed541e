import type { Aws, Github, Run, Secret, Trace } from "@playbook/world";

/** A secret in a place where it does not belong. */
export type Leak = { what: string; where: string };

/** Runs, and the world that has given out what none of them may leave behind. */
export type Scene = {
  world: { aws: Aws; github: Github; secrets(): Secret[] };
  runs: readonly Run[];
};

/** What looks like a secret, whoever gave it out. */
const LOOKS = {
  "what looks like a JWT": /eyJ[\w-]{20,}\.eyJ[\w-]{20,}\.[\w-]{20,}/,
  "what looks like an AWS key": /(ASIA|AKIA)[A-Z0-9]{16}/,
  "what looks like a GitHub token": /gh[a-z]_\w{36}|github_pat_\w{22}/,
};

/** What steps are started with on purpose: in which jobs, in which variable, what. */
const GIVEN: [job: RegExp, variable: string, what: string][] = [
  [/./, "ACTIONS_RUNTIME_TOKEN", "runtime token"],
  [
    /\/ (Apply|Agents|Release|Roll back|Back up|Drill|Check|Send)\b/,
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "request token",
  ],
  [/\/ (Preview|Remove|Sweep)\b/, "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request token"],
  // These plans look into the cluster, and run nothing of the product's.
  [/^axon \/ Plan\b|\/ Plan agents\b/, "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request token"],
  [/\/ (Apply|Agents|Check)\b/, "INPUT_RPC-URLS", "secret RPC_URLS_APPLY"],
  [/^tell\b/, "URL", "secret HEARTBEAT_URL"],
  [/\/ Send\b/, "INPUT_RPC-URLS", "secret RPC_URLS_CHECK"],
  [/\/ Apply\b/, "INPUT_ADMIN-TOKEN", "secret GRAPH_ADMIN_TOKEN"],
  [/\/ (Preview|Remove|Sweep)\b/, "INPUT_ADMIN-TOKEN", "secret STAGING_ADMIN_TOKEN"],
  [/\/ Plan\b/, "INPUT_RPC-URLS", "secret RPC_URLS_PLAN"],
  [/\/ (Comment|Preview|Propose|Remove|Sweep)\b/, "INPUT_TOKEN", "GitHub token"],
];

/**
 * Every secret that the world has given out, looked for in all that the runs have left anywhere:
 * before masking, in any encoding, and in what steps were started with.
 */
export async function leaksOf({ world, runs }: Scene): Promise<Leak[]> {
  const secrets = world.secrets();
  const left = [...(await world.aws.objects()), ...world.github.repositories().map(kept)];
  for (const run of runs) left.push(...(await run.everything()), shown(await run.finished));
  const environments = await Promise.all(runs.map((run) => leaksInSteps(run, secrets)));
  return [...leaksIn(left, secrets), ...environments.flat()];
}

/** What GitHub shows of a repository: comments, deployments, statuses. */
const kept = (repository: { name: string }): Trace => ({
  where: `GitHub's ${repository.name}`,
  bytes: Buffer.from(JSON.stringify(repository)),
});

/** What it shows of a run: notes, annotations, summaries, outputs. */
const shown = (result: object): Trace => ({
  where: "the run's page",
  bytes: Buffer.from(JSON.stringify(result)),
});

async function leaksInSteps(run: Run, secrets: Secret[]): Promise<Leak[]> {
  const steps = await run.environments();
  return steps.flatMap(({ job, action, env }) =>
    Object.entries(env).flatMap(([variable, value]) => {
      const where = `environment of ${job}, step ${action}: ${variable}`;
      const found = leaksIn([{ where, bytes: Buffer.from(value) }], secrets);
      return found.filter(({ what }) => !isGiven(job, variable, what));
    }),
  );
}

function isGiven(job: string, variable: string, what: string): boolean {
  return GIVEN.some(([jobs, name, kind]) => jobs.test(job) && name === variable && kind === what);
}

/** The secrets that stand in traces, by kind; and by its looks what nobody here has given out. */
export function leaksIn(traces: readonly Trace[], secrets: readonly Secret[]): Leak[] {
  const forms = new Map(
    secrets.flatMap(({ what, value }) => formsOf(value).map((it) => [it, what])),
  );
  return traces.flatMap(({ where, bytes }) => {
    const text = bytes.toString("latin1");
    // What encodes a long value may break it into lines.
    const line = text.replaceAll(/[\r\n]+/g, "");
    const known = [...forms].flatMap(([form, what]) => (line.includes(form) ? [what] : []));
    const unknown = Object.entries(LOOKS).flatMap(([what, look]) =>
      look.test(text) ? [what] : [],
    );
    return [...new Set(known.length > 0 ? known : unknown)].map((what) => ({ what, where }));
  });
}

/** How programs write a value down: as it is, in JSON, in a URL, in hexadecimal, in base64. */
function formsOf(value: string): string[] {
  const base64 = [0, 1, 2].map((before) => inBase64(value, before));
  const base64url = base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  const json = JSON.stringify(value).slice(1, -1);
  const hex = Buffer.from(value).toString("hex");
  const forms = [value, json, encodeURIComponent(value), hex, ...base64, ...base64url];
  return forms.map((form) => form.replaceAll(/[\r\n]+/g, ""));
}

/** With so many bytes before it, without the characters that its neighbours have a part in. */
function inBase64(value: string, before: number): string {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]);
  const [first, end] = [Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6)];
  return bytes.toString("base64").slice(first, end);
}
