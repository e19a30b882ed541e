import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { access } from "@playbook/access/format";
import { variable } from "@playbook/action";
import { RELEASE_JOB, startProcess, startWorld, type Trace, until } from "@playbook/world";
import { parse } from "yaml";
import { actionsOf, askedBy, jobEnvironment, openRole } from "../../../test/aws-rights.ts";
import { leaksIn } from "../../../test/e2e/leaks.ts";
import { giveRules, userOf } from "../../../test/kubernetes-rights.ts";
import { statements } from "../src/access.ts";
import { type HandMadeChain, makeByHand } from "./hand-made.ts";
import { ask, change, openPlace, type Place, SIGNER, wanted } from "./place.ts";

const CLUSTER = "khalani";
const NAMESPACE = "axon";
const SYSTEM = "governance";
const WORKFLOW = "acme/axon/.github/workflows/validators.yml@refs/heads/main";
const source = fileURLToPath(new URL("../src/index.ts", import.meta.url));

const job = {
  ...RELEASE_JOB,
  ...{ repository: "acme/axon", jobWorkflowRef: WORKFLOW, environment: "governance" },
};

const openWorld = () => startWorld({ aws: {} });

const environment = { ...process.env };
const parts = new AsyncDisposableStack();
let world: Awaited<ReturnType<typeof openWorld>>;
let place: Place;
let chain: HandMadeChain;
let role: string;
let ofJob: Record<string, string>;

beforeAll(async () => {
  world = parts.use(await openWorld());
  place = parts.use(await openPlace("el-axon", { eks: { aws: world.aws, name: CLUSTER } }));
  chain = await makeByHand(place.cluster, NAMESPACE, { followers: 1, interval: 300 });
  role = await openGovernanceRole();
  ofJob = jobEnvironment(world, job);
  Object.assign(process.env, ofJob);
  await until(() => found().catch(() => undefined));
}, 1_200_000);
afterAll(async () => {
  process.env = environment;
  await parts.disposeAsync();
});

/** A role of the library's own template, with the rights in the cluster that access.yml names. */
async function openGovernanceRole(): Promise<string> {
  const parameters = { GovernanceCluster: CLUSTER };
  const { role: principal } = await openRole(world.aws, { job, system: "Governance", parameters });
  const file = await readFile(new URL("../access.yml", import.meta.url), "utf8");
  const { kubernetes: rules } = access.parse(parse(file));
  await giveRules(place.cluster, { system: SYSTEM, namespace: NAMESPACE, rules });
  const { name: username, groups } = userOf(SYSTEM);
  world.aws.grantAccess(CLUSTER, { principal, username, groups });
  return principal;
}

const first = (count: number) => chain.validators.slice(0, count);

const run = (changes: Parameters<typeof change>[2]) =>
  change(place.cluster, chain, {
    ...{ kubeconfig: undefined, cluster: CLUSTER, region: world.aws.region, role },
    ...{ validators: wanted(first(5)), ...changes },
  });

/** The set that the chain has, and what a run has left in the cluster. */
async function found() {
  const { verifier_list } = await ask<{ verifier_list: unknown[] }>(
    place,
    `${NAMESPACE}/axon-1-0`,
    "axon_getCurrentMetadata",
  );
  const { api } = place.cluster;
  const record = await api.find(`/api/v1/namespaces/${NAMESPACE}/configmaps/axon-validator-set`);
  const jobs = await api.list(`/apis/batch/v1/namespaces/${NAMESPACE}/jobs`);
  return { validators: verifier_list.length, announced: record !== undefined, jobs: jobs.length };
}

const UNTOUCHED = { validators: 4, announced: false, jobs: 0 };

const granted = [...new Set(statements.flatMap(({ actions }) => actions))];

test.each(["plan", "apply"] as const)(
  "%s without a permission of access.yml says which is missing, and changes nothing",
  async (mode) => {
    for (const permission of granted) {
      const taken = world.aws.withoutPermission(role, permission);
      await expect(run({ mode })).rejects.toMatchObject({
        code: "access-denied",
        what: expect.stringContaining(permission),
      });
      taken.restore();
    }
    expect(await found()).toEqual(UNTOUCHED);
  },
);

test("the role reaches no other cluster", async () => {
  await expect(run({ mode: "plan", cluster: "another" })).rejects.toMatchObject({
    code: "access-denied",
    what: expect.stringContaining("eks:DescribeCluster on cluster another"),
  });
});

/** The action as GitHub's runner starts it; all that it has written, by where. */
async function launched(inputs: Record<string, string>): Promise<Trace[]> {
  const dir = await mkdtemp(join(world.dir, "job-"));
  const files = { GITHUB_OUTPUT: join(dir, "output"), GITHUB_STEP_SUMMARY: join(dir, "summary") };
  for (const file of Object.values(files)) await writeFile(file, "");
  const { PATH = "", HOME = "" } = process.env;
  const given = Object.entries(inputs).map(([name, value]) => `${variable(name)}=${value}`);
  const started = await startProcess({
    name: "change-axon-validators",
    command: "env",
    args: [...given, process.execPath, "--disable-warning=ExperimentalWarning", source],
    cwd: world.dir,
    env: {
      ...{ PATH, HOME, NODE_COMPILE_CACHE: join(world.dir, "compiled") },
      ...{ ...ofJob, ...files },
    },
  });
  const { code } = await started.exited;
  // What masks a value names it; GitHub's runner takes these lines out of the log.
  const log = started.output().replaceAll(/^::add-mask::.*$/gm, "");
  expect({ code, log }).toMatchObject({ code: 0 });
  const read = Object.entries(files).map(async ([where, file]) => {
    return { where, bytes: await readFile(file) };
  });
  return [{ where: "log", bytes: Buffer.from(log) }, ...(await Promise.all(read))];
}

/** What stays in the namespace of a run: no Secrets, which are the validators' own. */
async function leftInCluster(): Promise<Trace[]> {
  const kinds = ["api/v1/configmaps", "api/v1/events", "api/v1/pods", "apis/batch/v1/jobs"];
  const lists = kinds.map(async (kind) => {
    const path = `/${kind.replace(/\/(?=\w+$)/, `/namespaces/${NAMESPACE}/`)}`;
    return { where: kind, bytes: Buffer.from(JSON.stringify(await place.cluster.api.list(path))) };
  });
  return Promise.all(lists);
}

/** Forms of the validators' private keys that stand there. */
function keysIn(traces: readonly Trace[]): string[] {
  const keys = chain.validators.flatMap(({ name, keys: { net, bls } }) => [
    { what: `network key of ${name}`, bytes: Buffer.from(net) },
    { what: `BLS key of ${name}`, bytes: Buffer.from(bls) },
  ]);
  return traces.flatMap(({ where, bytes: written }) =>
    keys.flatMap(({ what, bytes }) => {
      const forms = ["hex", "base64", "base64url", "latin1"] as const;
      const text = written.toString("latin1").toLowerCase();
      const isThere = forms.some((form) => text.includes(bytes.toString(form).toLowerCase()));
      return isThere ? [`${what} in ${where}`] : [];
    }),
  );
}

test("a change uses what access.yml grants in AWS and nothing beside it, and writes no key and no token", async () => {
  const keyed = [{ where: "here", bytes: Buffer.from(first(1)[0]?.keys.net ?? []) }];
  expect(keysIn(keyed)).toEqual(["network key of axon-1 in here"]);
  world.aws.clearCalls();

  const written = await launched({
    ...{ mode: "apply", cluster: CLUSTER, region: world.aws.region, role, namespace: NAMESPACE },
    validators: JSON.stringify(
      first(5).map(({ name, publicKey, blsPublicKey }) => ({ name, publicKey, blsPublicKey })),
    ),
    "public-keys": chain.validators.map(({ pod, publicKey }) => `${pod} = ${publicKey}`).join("\n"),
    ...{ "min-validators": "5", "signer-image": SIGNER },
  });

  expect(await found()).toEqual({ validators: 5, announced: true, jobs: 0 });
  const asked = askedBy(world.aws, role);
  expect(actionsOf(asked)).toEqual([...granted].sort());
  expect(asked.filter(({ allowed }) => !allowed)).toEqual([]);

  const traces = [...written, ...(await leftInCluster())];
  const texts = Object.fromEntries(traces.map(({ where, bytes }) => [where, String(bytes)]));
  expect(texts.log).toContain("signs the call");
  expect(texts.GITHUB_OUTPUT).toContain(chain.validators[4]?.publicKey);
  expect(texts.GITHUB_STEP_SUMMARY).toContain("The validators are as wanted");
  expect(keysIn(traces)).toEqual([]);
  expect(leaksIn(traces, [...world.secrets(), ...place.cluster.secrets()])).toEqual([]);
}, 300_000);
