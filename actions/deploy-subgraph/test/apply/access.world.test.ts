import { readFile } from "node:fs/promises";
import { type GithubJob, githubClaims, RELEASE_JOB, startWorld } from "@playbook/world";
import { statements } from "../../src/access.ts";
import { openRealScene, quick, type Release, type Scene } from "./scene.ts";

const template = new URL("../../../foundry-broadcast-with-kms/template.yml", import.meta.url);
const roles = new URL("../../../../templates/roles.yml", import.meta.url);

const WORKFLOW = "khalani/playbook/.github/workflows/release-subgraph.yml@refs/tags/v1.0.0";

const job: GithubJob = {
  ...RELEASE_JOB,
  ...{ repository: "acme/nexus", jobWorkflowRef: WORKFLOW, environment: "production" },
};

const environment = { ...process.env };
let scene: Scene;
let sky: Awaited<ReturnType<typeof openSky>>;

/** An AWS account with a bucket and the role, and jobs whose tokens it trusts. */
async function openSky() {
  const world = await startWorld({ aws: {} });
  const { aws, issuer } = world;
  const own = await aws.deployTemplate(await readFile(template, "utf8"), { Name: "nexus-prod" });
  const { Bucket = "" } = own.outputs;
  const granted = await aws.deployTemplate(await readFile(roles, "utf8"), {
    ...{ Name: "nexus-prod", Owner: "acme", OwnerId: "42", Repository: "nexus" },
    ...{ RepositoryId: "1001", Environment: "production", TrustedWorkflows: WORKFLOW },
    ...{ SubgraphsBucket: Bucket, SubgraphsPrefix: "subgraphs" },
  });
  const { SubgraphsRole: role = "", ...others } = granted.outputs;
  expect(others).toEqual({});
  Object.assign(process.env, { GITHUB_ACTIONS: "true", AWS_ENDPOINT_URL: aws.url });
  const { url, token } = issuer.grant(githubClaims(job));
  process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN = token;
  return { world, aws, role, url, state: `s3://${Bucket}/subgraphs` };
}

beforeAll(async () => {
  scene = await openRealScene();
  sky = await openSky();
}, 600_000);
afterAll(async () => {
  process.env = environment;
  await sky?.world[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  process.env.ACTIONS_ID_TOKEN_REQUEST_URL = sky.url;
  scene.gate.rise();
});

const granted = statements.flatMap(({ actions }) => [...actions]);

function deploy(release: Release, over: { state?: string } = {}) {
  const { role, aws, state } = sky;
  return scene.deploy(release, { role, region: aws.region, state, ...over }, quick());
}

test(`it uses these permissions and none beside them: ${granted.join(", ")}`, async () => {
  sky.aws.clearCalls();
  const { outputs } = await deploy(await scene.release(1));
  expect(outputs).toMatchObject({ state: "live" });

  const session = sky.role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/");
  const own = sky.aws.calls().filter(({ principal }) => principal.startsWith(session));
  expect(new Set(own.map(({ action }) => action))).toEqual(new Set(granted));
  expect(own.filter(({ allowed }) => !allowed)).toEqual([]);
});

test("the next machine knows from there which release serves", async () => {
  await deploy(await scene.release(5));
  const { outputs } = await deploy(await scene.release(4));
  expect(outputs).toMatchObject({ state: "superseded" });
});

test.each(granted)("without %s it says so and does nothing on the node", async (permission) => {
  const release = await scene.release(10 + granted.indexOf(permission));
  const taken = sky.aws.withoutPermission(sky.role, permission);
  await expect(deploy(release)).rejects.toMatchObject({
    code: "access-denied",
    what: expect.stringContaining(permission),
  });
  expect(scene.gate.effects).toEqual([]);

  taken.restore();
  expect((await deploy(release)).outputs).toMatchObject({ state: "live" });
});

test("without id-token: write it says so", async () => {
  delete process.env.ACTIONS_ID_TOKEN_REQUEST_URL;
  await expect(deploy(await scene.release(20))).rejects.toMatchObject({
    code: "no-id-token",
    next: expect.stringContaining("id-token: write"),
  });
});

test("another prefix of the bucket is out of reach", async () => {
  const elsewhere = deploy(await scene.release(21), { state: `${sky.state}-of-others` });
  await expect(elsewhere).rejects.toMatchObject({ code: "access-denied" });
});
