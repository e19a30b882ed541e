import { fileURLToPath } from "node:url";
import { type Process, type Pull, startProcess } from "@playbook/world";
import { whole } from "../../../test/proof.ts";
import { sweep } from "../../../test/sweep.ts";
import { variables } from "../../deploy-ui/test/studio.ts";
import { build, openPreviews, type Previews, REPOSITORY } from "./studio.ts";

const source = fileURLToPath(new URL("../src/index.ts", import.meta.url));

/** What a run changes in AWS. */
const EFFECTS = new Set(["PutObject", "PutKey", "DeleteKey", "DeleteObjects"]);

/** How many of the points `npm test` takes. */
const SAMPLES = 4;

let previews: Previews;

beforeAll(async () => {
  previews = await openPreviews();
});
afterAll(() => previews?.end());

let runs = 5_000;

/** A step of a job in a process of its own, as GitHub's runner starts it. */
function launch(given: Record<string, string>): Promise<Process> {
  runs += 1;
  previews.asPreview();
  const { PATH = "", HOME = "", ACTIONS_ID_TOKEN_REQUEST_URL = "" } = process.env;
  const { ACTIONS_ID_TOKEN_REQUEST_TOKEN = "" } = process.env;
  const { NODE_OPTIONS = "" } = previews.aws.environment();
  const inputs = variables(previews.givenTo(given));
  const { dir } = previews.studio.world;
  return startProcess({
    name: "deploy-preview",
    // A shell stands before it, which would lose the inputs: their names are none to it.
    command: "env",
    args: [
      ...Object.entries(inputs).map(([name, value]) => `${name}=${value}`),
      ...[process.execPath, "--disable-warning=ExperimentalWarning", source],
    ],
    cwd: dir,
    env: {
      ...{ PATH, HOME, NODE_OPTIONS, NODE_COMPILE_CACHE: `${dir}/compiled` },
      ...{ GITHUB_ACTIONS: "true", GITHUB_REPOSITORY: REPOSITORY, GITHUB_RUN_ID: String(runs) },
      ...{ GITHUB_RUN_ATTEMPT: "1", GITHUB_API_URL: previews.github.url },
      ...{ AWS_ENDPOINT_URL: previews.aws.url, ACTIONS_ID_TOKEN_REQUEST_URL },
      ACTIONS_ID_TOKEN_REQUEST_TOKEN,
    },
  });
}

/** A run that is killed once so many effects have happened; 0 for never. */
async function runKilled(given: Record<string, string>, after: number): Promise<number> {
  const started = await launch(given);
  let effects = 0;
  const end = previews.aws.onCall(async ({ operation, phase }) => {
    if (phase !== "after" || !EFFECTS.has(operation)) return;
    effects += 1;
    if (effects === after) await started.stop(0);
  });
  await started.exited;
  end();
  return effects;
}

/** What is wrong with what somebody sees: one preview whole, or none. */
async function faultsIn(pull: Pull, allowed: (string | number)[]): Promise<string[]> {
  const { status, text } = await previews.page(pull);
  const shown = status === 200 ? (/<body>(\w+)/.exec(text)?.[1] ?? "?") : status;
  if (!allowed.includes(shown)) return [`it shows ${shown}`];
  if (status !== 200) return [];
  const asset = await previews.page(pull, `/assets/index-${String(shown).padEnd(8, "0")}.js`);
  return asset.status === 200 ? [] : [`a file of ${shown} is ${asset.status}`];
}

let branches = 0;

/** A pull request that shows `v1`. */
async function opened(): Promise<Pull> {
  branches += 1;
  const pull = previews.open(`killed-${branches}`);
  await previews.deploy(pull, build("v1"), { verify: "0" });
  return pull;
}

async function deployKilled(point: number) {
  const pull = await opened();
  const folder = await previews.studio.folderOf(build("v2"));
  const given = { ...previews.eventOf(pull), mode: "deploy", folder, verify: "1" };
  const effects = await runKilled(given, point);
  const faults = await faultsIn(pull, ["v1", "v2"]);
  await previews.step(given, { turn: { run: 9_000_000, attempt: 1 } });
  faults.push(...(await faultsIn(pull, ["v2"])));
  const [deployments, comments] = [previews.deploymentsOf(pull), previews.commentsOn(pull)];
  if (deployments.length !== 1) faults.push(`${deployments.length} deployments`);
  if (comments.length !== 1) faults.push(`${comments.length} comments`);
  return { effects, faults };
}

async function removeKilled(point: number) {
  const pull = await opened();
  pull.state = "closed";
  const given = { mode: "remove", "pull-request": String(pull.number) };
  const effects = await runKilled(given, point);
  const faults = await faultsIn(pull, point === 0 ? [404] : ["v1", 404]);
  await previews.remove(pull, { turn: { run: 9_000_000, attempt: 1 } });
  faults.push(...(await faultsIn(pull, [404])));
  const left = [...(await previews.files(pull)), ...previews.deploymentsOf(pull)];
  if (left.length > 0) faults.push(`${left.length} things are left`);
  return { effects, faults };
}

test.each([
  ["a preview that is deployed", deployKilled],
  ["a preview that is removed", removeKilled],
])(
  "%s: a run that is killed after any effect is finished by the next one",
  async (name, tryAt) => {
    const undisturbed = await tryAt(0);
    expect(undisturbed.faults).toEqual([]);
    expect(undisturbed.effects).toBeGreaterThan(1);
    const all = Array.from({ length: undisturbed.effects }, (_, index) => index + 1);
    const step = whole ? 1 : Math.max(1, Math.floor(all.length / SAMPLES));
    const points = all.filter((point) => (all.length - point) % step === 0);

    await sweep(name, { points, of: all.length }, async (point) => {
      const { faults } = await tryAt(point);
      return {
        killed: true,
        faults: faults.map((fault) => `killed after effect ${point}: ${fault}`),
      };
    });
  },
  600_000,
);
