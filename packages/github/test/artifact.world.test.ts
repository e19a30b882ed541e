import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contextForTests } from "@playbook/action/testing";
import { type Results, startResults } from "@playbook/world";
import { downloadArtifact, uploadArtifact } from "../src/index.ts";

let results: Results;
let folder: string;
const environment = { ...process.env };
const write = process.stdout.write;

beforeAll(async () => {
  results = await startResults();
  folder = await mkdtemp(join(tmpdir(), "artifact-test-"));
  // GitHub's client tells every step of its own.
  process.stdout.write = () => true;
});

afterAll(async () => {
  process.stdout.write = write;
  await results[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

afterEach(() => {
  process.env = { ...environment };
});

function inRun(run: string): void {
  Object.assign(process.env, results.env(run));
}

async function planIn(name: string, files: Record<string, string>): Promise<string> {
  const plan = join(folder, name, ".playbook/plan");
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(plan, path, ".."), { recursive: true });
    await writeFile(join(plan, path), content);
  }
  return plan;
}

test("files of a hidden folder arrive under their paths in it, hidden ones too", async () => {
  inRun("run-1");
  const plan = await planIn("whole", { "plan.json": "{}", "forge/0.json": "0", ".hidden": "yes" });
  const into = join(folder, "there/.playbook/plan");

  const { digest } = await uploadArtifact("plan", plan, contextForTests());
  await downloadArtifact("plan", into, contextForTests(), { digest });

  expect((await readdir(into, { recursive: true })).sort()).toEqual([
    ...[".hidden", "forge", "forge/0.json", "plan.json"],
  ]);
  expect(await readFile(join(into, "forge/0.json"), "utf8")).toBe("0");
});

test("what the client tells is folded up in the log, also when it fails", async () => {
  inRun("run-0");
  const context = contextForTests();
  await uploadArtifact("told", await planIn("told", { "plan.json": "{}" }), context);
  await downloadArtifact("nothing", join(folder, "nothing"), context).catch(() => {});

  expect(context.said).toEqual([
    '::group::Storing artifact "told"',
    "::endgroup::",
    'Stored artifact "told": 1 file.',
    '::group::Fetching artifact "nothing"',
    "::endgroup::",
  ]);
});

test("a job that runs again stores its artifact in place of its first", async () => {
  inRun("run-2");
  const first = await planIn("first", { "plan.json": "first" });
  const second = await planIn("second", { "plan.json": "second" });
  const into = join(folder, "got");

  await uploadArtifact("plan", first, contextForTests());
  await uploadArtifact("plan", second, contextForTests());
  await downloadArtifact("plan", into, contextForTests());

  expect(await readFile(join(into, "plan.json"), "utf8")).toBe("second");
  expect(results.artifacts("run-2")).toHaveLength(1);
});

test("what was in the folder before is not mixed with what was fetched", async () => {
  inRun("run-3");
  const plan = await planIn("clean", { "plan.json": "{}" });
  const into = await planIn("used", { "old.json": "old" });

  await uploadArtifact("plan", plan, contextForTests());
  await downloadArtifact("plan", into, contextForTests());

  expect(await readdir(into)).toEqual(["plan.json"]);
});

test("an artifact that nobody stored is missing, by its name", async () => {
  inRun("run-4");

  await expect(
    downloadArtifact("plan", join(folder, "no"), contextForTests()),
  ).rejects.toMatchObject({
    code: "artifact-missing",
    what: 'The run has no artifact "plan".',
  });
});

test("other bytes than those that were approved are refused, and nothing is touched", async () => {
  inRun("run-5");
  const plan = await planIn("approved", { "plan.json": "{}" });
  const into = await planIn("kept", { "plan.json": "before" });
  await uploadArtifact("plan", plan, contextForTests());
  const digest = `sha256:${"0".repeat(64)}`;

  await expect(downloadArtifact("plan", into, contextForTests(), { digest })).rejects.toMatchObject(
    { code: "artifact-refused", why: expect.stringContaining(digest) },
  );
  expect(await readFile(join(into, "plan.json"), "utf8")).toBe("before");
});

test("a link is not followed into an artifact", async () => {
  inRun("run-6");
  const plan = await planIn("linked", { "plan.json": "{}" });
  await symlink("/etc/passwd", join(plan, "secret"));

  await expect(uploadArtifact("plan", plan, contextForTests())).rejects.toMatchObject({
    code: "artifact-refused",
    why: expect.stringContaining("secret is a link"),
  });
});

test("a folder that is empty or absent is no artifact", async () => {
  inRun("run-7");
  const empty = join(folder, "empty");
  await mkdir(empty);

  for (const path of [empty, join(folder, "absent")]) {
    await expect(uploadArtifact("plan", path, contextForTests())).rejects.toMatchObject({
      code: "artifact-refused",
    });
  }
});

test("the work tree is not replaced by an artifact", async () => {
  inRun("run-8");

  for (const into of [".", "..", "/"]) {
    await expect(downloadArtifact("plan", into, contextForTests())).rejects.toMatchObject({
      code: "artifact-refused",
    });
  }
});

test("a service of artifacts that cannot be reached is told in the client's words", async () => {
  inRun("run-9");
  process.env.ACTIONS_RESULTS_URL = "http://127.0.0.1:1/";
  const plan = await planIn("unreached", { "plan.json": "{}" });

  await expect(uploadArtifact("plan", plan, contextForTests())).rejects.toMatchObject({
    code: "artifact-failed",
    what: 'Artifact "plan" could not be passed on.',
    why: expect.stringContaining("ECONNREFUSED"),
    next: expect.stringContaining("Run the job again"),
  });
});

test("from a terminal there are no artifacts", async () => {
  delete process.env.ACTIONS_RUNTIME_TOKEN;

  await expect(uploadArtifact("plan", folder, contextForTests())).rejects.toMatchObject({
    code: "artifact-unavailable",
  });
});

test("a run that has to end waits for no artifact", async () => {
  inRun("run-9");
  const context = contextForTests();
  context.stop.abort(new Error("cancelled"));

  await expect(downloadArtifact("plan", join(folder, "end"), context)).rejects.toThrow("cancelled");
});
