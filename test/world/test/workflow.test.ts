import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planRun } from "../src/runner/workflow.ts";
import type { Source } from "../src/runner/workflow-file.ts";

const folder = mkdtempSync(join(tmpdir(), "workflow-test-"));

afterAll(() => rmSync(folder, { recursive: true }));

/** A repository with these workflows. */
function source(repository: string, written: string, workflows: Record<string, string>): Source {
  const at = mkdtempSync(join(folder, "source-"));
  mkdirSync(join(at, ".github/workflows"), { recursive: true });
  for (const [name, text] of Object.entries(workflows)) {
    writeFileSync(join(at, ".github/workflows", name), text);
  }
  return { repository, written, ref: `refs/tags/${written}`, sha: "c0ffee", folder: at };
}

const step = "runs-on: ubuntu-latest, steps: [{ run: echo }]";
const library = source("khalani/playbook", "v1", {
  "release.yml": `
on:
  workflow_call:
    inputs: { environment: { type: string, required: true }, note: { type: string } }
    secrets: { rpc: { required: true } }
jobs:
  plan: { permissions: { contents: read }, ${step} }
  apply: { permissions: { id-token: write }, ${step} }
`,
  "nested.yml": `
on: { workflow_call: {} }
permissions: { contents: read }
jobs:
  inner: { uses: $/.github/workflows/plain.yml }
`,
  "plain.yml": `
on: { workflow_call: {} }
jobs:
  work: { name: Work, ${step} }
`,
  "greedy.yml": `
on: { workflow_call: {} }
permissions: { packages: write }
jobs:
  work: { ${step} }
`,
});

function plan(jobs: string, { untrusted = false, event = "push" } = {}) {
  const text = `name: Product\non: push\njobs:\n${jobs}`;
  const product = source("khalani/nexus", "main", { "main.yml": text });
  const sources = [product, library];
  const file = { source: product, path: ".github/workflows/main.yml" };
  return planRun(file, { event, sources, untrusted });
}

const at = "The workflow is not valid. .github/workflows/main.yml (Line: 4, Col: 3): ";

test("a job without a word about permissions has the repository's default", () => {
  const [job] = plan(`  a: { ${step} }`).jobs;

  expect(job?.permissions).toEqual({ contents: "read", packages: "read" });
});

test("a called workflow that says nothing has what its caller has", () => {
  const [job] = plan(
    "  a: { permissions: { issues: write }, uses: " +
      "khalani/playbook/.github/workflows/plain.yml@v1 }",
  ).jobs;

  expect(job?.calls?.jobs[0]).toMatchObject({
    name: "a / Work",
    permissions: { issues: "write" },
    file: { source: library, path: ".github/workflows/plain.yml" },
  });
});

test("a sibling is found in the repository of the workflow that names it", () => {
  const [job] = plan("  a: { uses: khalani/playbook/.github/workflows/nested.yml@v1 }").jobs;

  expect(job?.calls?.jobs[0]?.calls?.jobs[0]).toMatchObject({
    name: "a / inner / Work",
    permissions: { contents: "read" },
    file: { source: library },
  });
});

const release = "khalani/playbook/.github/workflows/release.yml@v1";
const granted = "permissions: { contents: read, id-token: write }";

test.each([
  {
    refuses: "a nested job that asks for more than its caller has",
    job: `{ uses: ${release}, with: { environment: x }, secrets: { rpc: y } }`,
    why:
      `Error calling workflow '${release}'. The nested job 'apply' is requesting ` +
      "'id-token: write', but is only allowed 'id-token: none'.",
  },
  {
    refuses: "a called workflow that asks for more as a whole",
    job: "{ uses: khalani/playbook/.github/workflows/greedy.yml@v1 }",
    why:
      "Error calling workflow 'khalani/playbook/.github/workflows/greedy.yml@v1'. The workflow " +
      "is requesting 'packages: write', but is only allowed 'packages: read'.",
  },
  {
    refuses: "an input that is missing",
    job: `{ uses: ${release}, ${granted}, secrets: { rpc: y } }`,
    why: "Input environment is required, but not provided while calling.",
  },
  {
    refuses: "an input that is misspelt",
    job:
      `{ uses: ${release}, ${granted}, with: { environment: ` +
      "x, notes: y }, secrets: { rpc: y } }",
    why: "Invalid input, notes is not defined in the referenced workflow.",
  },
  {
    refuses: "a secret that is missing",
    job: `{ uses: ${release}, ${granted}, with: { environment: x } }`,
    why: "Secret rpc is required, but not provided while calling.",
  },
  {
    refuses: "a workflow that is not there",
    job: "{ uses: khalani/playbook/.github/workflows/release.yml@v9 }",
    why:
      'error parsing called workflow "khalani/playbook/.github/workflows/release.yml@v9": ' +
      "workflow was not found.",
  },
])("$refuses does not start", ({ job, why }) => {
  expect(() => plan(`  a: ${job}`)).toThrow(at + why);
});

test("an inherited secret is not missing", () => {
  const job = `{ uses: ${release}, ${granted}, with: { environment: x }, secrets: inherit }`;

  expect(plan(`  a: ${job}`).jobs[0]?.calls?.jobs).toHaveLength(2);
});

test("a fork's run starts, with nothing but reading left", () => {
  const job = `{ uses: ${release}, ${granted}, with: { environment: x }, secrets: inherit }`;
  const [called] = plan(`  a: ${job}`, { untrusted: true }).jobs;

  expect(called?.calls?.jobs[1]?.permissions).toMatchObject({ "id-token": "none" });
});

test("a workflow that the event does not start is refused", () => {
  expect(() => plan(`  a: { ${step} }`, { event: "release" })).toThrow("no 'release' trigger");
});
