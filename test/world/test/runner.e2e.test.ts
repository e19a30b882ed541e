import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type RunOptions, startWorld, type World } from "../src/index.ts";
import { isAlive } from "../src/runner/processes.ts";
import { makeRepository } from "./fixtures/repository.ts";
import { smallLibrary } from "./fixtures/small-library.ts";

const artifactClient = fileURLToPath(import.meta.resolve("@actions/artifact"));
const repository = "khalani/nexus";
const environments = {
  production: { branches: ["main", "release/*"], reviewers: true },
  staging: { branches: ["main"] },
};

let world: World<[], undefined, object>;
let products = 0;

beforeAll(async () => {
  world = await startWorld({ github: { repositories: { [repository]: { environments } } } });
  world.github.openPull(repository, {});

  const folder = join(world.dir, "library");
  const files = Object.entries(smallLibrary).map(([name, text]) => {
    return [name, text.replace("ARTIFACT_CLIENT", artifactClient)];
  });
  await makeRepository(folder, Object.fromEntries(files));
  const name = "khalani/playbook";
  await world.runner.serve({ repository: name, folder, refs: ["refs/tags/v1"] });
});

afterAll(() => world?.[Symbol.asyncDispose]());

/** Starts a product's only workflow. */
async function start(workflow: string, options: Partial<RunOptions> = {}, files = {}) {
  products += 1;
  const product = join(world.dir, `product-${products}`);
  await mkdir(product);
  await makeRepository(product, { ".github/workflows/main.yml": workflow, ...files });
  return world.runner.run({ product, repository, workflow: "main.yml", ...options });
}

async function run(workflow: string, options: Partial<RunOptions> = {}, files = {}) {
  return (await start(workflow, options, files)).finished;
}

function claimsIn(log: string[]): Record<string, string> {
  const line = log.find((text) => text.startsWith("claims: {"));
  return JSON.parse(line?.slice("claims: ".length) ?? "{}");
}

test("a nested reusable workflow has its own identity, its outputs come back, its siblings are found", async () => {
  const result = await run(`
name: Release
on: workflow_dispatch
permissions: {}
jobs:
  release:
    permissions: { id-token: write, pull-requests: read }
    uses: khalani/playbook/.github/workflows/outer.yml@v1
    with: { environment: staging }
  after:
    needs: release
    runs-on: ubuntu-latest
    steps:
      - run: echo "released by \${{ needs.release.outputs.subject }}, $GITHUB_WORKFLOW"
`);

  expect(result).toMatchObject({ conclusion: "success" });
  expect(result.jobs.map(({ name }) => name)).toEqual([
    "release / inner / look",
    "release / inner / act",
    "after",
  ]);
  const act = result.job("release / inner / act");
  expect(act).toMatchObject({ environment: "staging", conclusion: "success" });
  expect(claimsIn(act.steps[0]?.log ?? [])).toMatchObject({
    sub: "repo:khalani/nexus:environment:staging",
    job_workflow_ref: "khalani/playbook/.github/workflows/inner.yml@refs/tags/v1",
    workflow_ref: "khalani/nexus/.github/workflows/main.yml@refs/heads/main",
    environment: "staging",
    repository,
    event_name: "workflow_dispatch",
  });
  expect(result.job("after").steps[0]?.log).toEqual([
    "released by repo:khalani/nexus:environment:staging, Release",
  ]);
});

test("a job holds what its permissions say, and not a bit more", async () => {
  const result = await run(`
on: workflow_dispatch
permissions: { pull-requests: read }
jobs:
  default:
    runs-on: ubuntu-latest
    steps: [{ uses: khalani/playbook/actions/who@v1 }]
  writer:
    runs-on: ubuntu-latest
    permissions: { pull-requests: write }
    steps: [{ uses: khalani/playbook/actions/who@v1 }]
  bare:
    runs-on: ubuntu-latest
    permissions: { contents: read }
    steps: [{ uses: khalani/playbook/actions/who@v1 }]
  identity:
    runs-on: ubuntu-latest
    permissions: { id-token: write }
    steps: [{ uses: khalani/playbook/actions/who@v1 }]
`);

  const said = (job: string) => result.job(job).steps[0]?.log ?? [];
  expect(result.conclusion).toBe("success");
  expect(said("default")).toEqual(
    expect.arrayContaining(["claims: none", "reads comments: 200", "writes comments: 403"]),
  );
  expect(said("writer")).toEqual(
    expect.arrayContaining(["claims: none", "reads comments: 200", "writes comments: 201"]),
  );
  expect(said("bare")).toEqual(
    expect.arrayContaining(["claims: none", "reads comments: 403", "writes comments: 403"]),
  );
  expect(claimsIn(said("identity"))).toMatchObject({
    sub: `repo:${repository}:ref:refs/heads/main`,
  });
});

test("steps tell their summary, annotations and outputs, and scripts have no token of the runner's", async () => {
  const result = await run(`
on: workflow_dispatch
jobs:
  only:
    runs-on: ubuntu-latest
    permissions: { id-token: write }
    steps:
      - uses: khalani/playbook/actions/both@v1
      - id: second
        run: |
          echo "answer=42" >> "$GITHUB_OUTPUT"
          echo "COLOUR=red" >> "$GITHUB_ENV"
      - if: failure()
        run: echo never
      - run: exit 3
        continue-on-error: true
      - run: echo "::error file=a.sol,line=3::broken"; exit 1
      - if: always()
        run: echo "the end"
`);

  const { steps, conclusion } = result.job("only");
  expect([result.conclusion, conclusion]).toEqual(["failure", "failure"]);
  expect(steps.map((step) => step.conclusion)).toEqual([
    ...["success", "success", "skipped", "success", "failure", "success"],
  ]);
  expect(steps[0]).toMatchObject({
    summary: "## Who\n",
    annotations: [{ level: "warning", title: "Look", message: "here" }],
    log: expect.arrayContaining(["token in a script is none"]),
  });
  expect(steps[1]).toMatchObject({ outputs: { answer: "42" }, env: { COLOUR: "red" } });
  expect(steps[4]?.annotations).toEqual([
    expect.objectContaining({ level: "error", file: "a.sol", line: "3", message: "broken" }),
  ]);
});

test("an artifact and its digest go from a job without rights to the legs of a matrix", async () => {
  const result = await run(`
on: workflow_dispatch
permissions: {}
jobs:
  plan:
    runs-on: ubuntu-latest
    outputs: { digest: "\${{ steps.up.outputs.digest }}" }
    steps:
      - id: up
        uses: khalani/playbook/actions/pass@v1
        with: { mode: up, name: plan }
  apply:
    needs: plan
    runs-on: ubuntu-latest
    strategy: { matrix: { chain: [5, 77] } }
    steps:
      - id: down
        uses: khalani/playbook/actions/pass@v1
        with: { mode: down, name: plan }
      - run: test "\${{ steps.down.outputs.digest }}" = "\${{ needs.plan.outputs.digest }}"
`);

  expect(result.conclusion).toBe("success");
  expect(result.jobs.map(({ name }) => name)).toEqual(["plan", "apply (5)", "apply (77)"]);
  expect(result.job("apply (77)").steps[0]?.log).toContain("got the plan");
  expect(result.job("plan").outputs.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
});

test("one leg of a matrix that fails does not make the others fail", async () => {
  const result = await run(`
on: workflow_dispatch
jobs:
  leg:
    runs-on: ubuntu-latest
    strategy: { fail-fast: false, matrix: { chain: [1, 2] } }
    steps: [{ run: "test \${{ matrix.chain }} = 2" }]
  after:
    needs: leg
    runs-on: ubuntu-latest
    steps: [{ run: echo never }]
`);

  expect(result.jobs.map(({ name, conclusion }) => [name, conclusion])).toEqual([
    ["leg (1)", "failure"],
    ["leg (2)", "success"],
    ["after", "skipped"],
  ]);
});

test("a called workflow that asks for more than its caller grants does not start", async () => {
  const result = await run(`on: workflow_dispatch
permissions: { contents: read }
jobs:
  release:
    uses: khalani/playbook/.github/workflows/outer.yml@v1
    with: { environment: staging }
`);

  expect(result).toMatchObject({ conclusion: "startup_failure", jobs: [] });
  expect(result.message).toBe(
    "The workflow is not valid. .github/workflows/main.yml (Line: 4, Col: 3): " +
      "Error calling workflow 'khalani/playbook/.github/workflows/outer.yml@v1'. " +
      "The nested job 'inner' is requesting 'id-token: write, pull-requests: read', " +
      "but is only allowed 'id-token: none, pull-requests: none'.",
  );
});

const deploys = `
on: [workflow_dispatch, pull_request]
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment: production
    permissions: { id-token: write }
    steps:
      - run: echo deployed
      - if: always()
        run: echo "always"
`;

test("a run of another branch does not deploy to a restricted environment, nor do its always-steps", async () => {
  const result = await run(deploys, { ref: "refs/heads/feature", approve: true });

  expect(result.conclusion).toBe("failure");
  expect(result.job("deploy").annotations.map(({ message }) => message)).toContain(
    'Branch "feature" is not allowed to deploy to production due to environment protection rules.',
  );
  expect(result.job("deploy").steps.flatMap(({ log }) => log)).toEqual([]);
});

test("a job waits for its reviewers, and goes as they say", async () => {
  const asked: unknown[] = [];
  const approved = await run(deploys, {
    approve: (waiting) => {
      asked.push(waiting);
      return true;
    },
  });
  const rejected = await run(deploys);

  expect(asked).toEqual([{ job: "deploy", environment: "production" }]);
  expect(approved.job("deploy").steps[0]?.log).toEqual(["deployed"]);
  expect(rejected.conclusion).toBe("failure");
  const { deployments } = world.github.repository(repository);
  expect(deployments.at(-1)).toMatchObject({ environment: "production", ref: "main" });
  expect(deployments.at(-1)?.statuses.map(({ state }) => state)).toEqual([
    "in_progress",
    "success",
  ]);
});

test("a fork's pull request has no identity, no secrets and a token that reads", async () => {
  const head = { repository: "mallory/nexus", branch: "nice", sha: "a".repeat(40) };
  const pull = world.github.openPull(repository, { head });
  const workflow = `
on: pull_request
permissions: { id-token: write, pull-requests: write }
jobs:
  only:
    runs-on: ubuntu-latest
    steps:
      - uses: khalani/playbook/actions/who@v1
      - run: echo "the secret is '\${{ secrets.RPC }}' on $GITHUB_REF of $GITHUB_HEAD_REF"
`;
  const secrets = { RPC: "https://rpc.example/key-4711" };
  const result = await run(workflow, { on: { name: "pull_request", pull }, secrets });

  const [who, script] = result.job("only").steps;
  expect(who?.log).toEqual(
    expect.arrayContaining(["claims: none", "reads comments: 200", "writes comments: 403"]),
  );
  expect(script?.log).toEqual([`the secret is '' on refs/pull/${pull.number}/merge of nice`]);
});

test("after a fork's run, a trusted workflow reads its artifact and finds its pull request", async () => {
  const head = { repository: "mallory/nexus", branch: "fix", sha: "b".repeat(40) };
  const pull = world.github.openPull(repository, { head });
  const first = await start(
    `
name: Plan
on: pull_request
jobs:
  only:
    runs-on: ubuntu-latest
    steps: [{ uses: khalani/playbook/actions/pass@v1, with: { mode: up, name: plan } }]
`,
    { on: { name: "pull_request", pull } },
  );
  await first.finished;

  const second = await run(
    `
on: { workflow_run: { workflows: [Plan], types: [completed] } }
jobs:
  only:
    runs-on: ubuntu-latest
    permissions: { actions: read, pull-requests: write }
    steps:
      - env:
          TOKEN: \${{ github.token }}
          RUN: \${{ github.event.workflow_run.id }}
          HEAD: >-
            \${{ github.event.workflow_run.head_repository.owner.login }}:\${{
            github.event.workflow_run.head_branch }}
        run: |
          ask() { node -e 'fetch(process.argv[1], { headers: { authorization: "bearer " +
            process.env.TOKEN } }).then((r) => r.text()).then(console.log)' "$1"; }
          of="$GITHUB_API_URL/repos/$GITHUB_REPOSITORY"
          ask "$of/actions/runs/$RUN/artifacts" | grep -o '"name":"plan"'
          ask "$of/pulls?head=$HEAD" | grep -o '"number":[0-9]*' | head -1
          echo "\${{ github.event.workflow_run.conclusion }} of \${{ github.event.workflow_run.event }}"
`,
    { on: { name: "workflow_run", run: first.record } },
  );

  expect(second.job("only").steps[0]?.log).toEqual([
    '"name":"plan"',
    `"number":${pull.number}`,
    "success of pull_request",
  ]);
});

test("a job that may not read the repository cannot check it out", async () => {
  const result = await run(`
on: workflow_dispatch
permissions: {}
jobs:
  only:
    runs-on: ubuntu-latest
    steps: [{ uses: actions/checkout@v4 }]
`);

  expect(result.job("only")).toMatchObject({
    conclusion: "failure",
    steps: [{ log: expect.arrayContaining(["remote: Repository not found."]) }],
  });
});

test("secrets are masked where they are shown, and found wherever they were written", async () => {
  const live = await start(
    `
on: workflow_dispatch
jobs:
  only:
    runs-on: ubuntu-latest
    steps:
      - run: |
          echo "using \${{ secrets.KEY }}"
          echo "::add-mask::derived-5"
          echo "then derived-5"
          mkdir out && echo "\${{ secrets.KEY }}" > out/leaked.txt
          echo "\${{ secrets.KEY }}" >> "$GITHUB_STEP_SUMMARY"
      - run: env
`,
    { secrets: { KEY: "hunter2-hunter2" }, env: { AWS_ENDPOINT_URL: "http://127.0.0.1:1" } },
  );
  const result = await live.finished;

  const traces = await live.everything();
  const found = traces.filter(({ bytes }) => bytes.includes("hunter2-hunter2"));
  const environments = await live.environments();
  expect(result.job("only").steps[0]?.log).toEqual(["using ***", "then ***"]);
  expect(found.map(({ where }) => where).sort()).toEqual([
    expect.stringMatching(/^files of the runner/),
    expect.stringMatching(/^left: .*workflow\/1\.sh$/),
    expect.stringMatching(/^left: .*out\/leaked\.txt$/),
    "log",
  ]);
  expect(environments.map(({ job, env }) => [job, env.AWS_ENDPOINT_URL])).toEqual([
    ["only", "http://127.0.0.1:1"],
    ["only", "http://127.0.0.1:1"],
  ]);
});

test("nothing of this process's environment gets into a job", async () => {
  process.env.HTTPS_PROXY = "http://proxy.invalid:1";
  process.env.AWS_SECRET_ACCESS_KEY = "not-for-jobs";
  try {
    const result = await run(`
on: workflow_dispatch
jobs:
  only:
    runs-on: ubuntu-latest
    steps: [{ run: env }]
`);
    const log = result.job("only").steps[0]?.log ?? [];
    expect(log.filter((line) => /proxy|^AWS_|^ACT=|^npm_|JEST/i.test(line))).toEqual([]);
    expect(log).toContain("GITHUB_ACTIONS=true");
  } finally {
    delete process.env.HTTPS_PROXY;
    delete process.env.AWS_SECRET_ACCESS_KEY;
  }
});

const stubborn = `
on: workflow_dispatch
jobs:
  only:
    runs-on: ubuntu-latest
    steps:
      - uses: khalani/playbook/actions/stubborn@v1
      - run: echo "never"
      - if: always()
        run: echo "cleaning up"
      - if: cancelled()
        run: echo "it was cancelled"
  after:
    needs: only
    runs-on: ubuntu-latest
    steps: [{ run: echo never }]
`;

/** Starts it, and waits until its action is up. */
async function startStubborn() {
  const up = Promise.withResolvers<number[]>();
  const live = await start(stubborn, {
    onLine: ({ text }) => {
      const [, child, own] = /^child (\d+) of (\d+)$/.exec(text) ?? [];
      if (child && own) up.resolve([Number(child), Number(own)]);
    },
  });
  return { live, pids: await up.promise };
}

test("a cancelled action gets SIGINT, then SIGTERM, then its whole tree is killed", async () => {
  const { live, pids } = await startStubborn();

  const result = await live.cancel();

  expect(result.conclusion).toBe("cancelled");
  const { steps, conclusion } = result.job("only");
  const told = steps[0]?.log.filter((line) => line.startsWith("SIG")) ?? [];
  const seconds = told.map((line) => Number(line.split(" ").at(-1)));
  expect(told.map((line) => line.split(" ")[0])).toEqual(["SIGINT", "SIGTERM"]);
  expect((seconds[1] ?? 0) - (seconds[0] ?? 0)).toBeGreaterThanOrEqual(7.4);
  expect(conclusion).toBe("cancelled");
  expect(steps.map((step) => [step.stage, step.conclusion, ...step.log.slice(-1)])).toEqual([
    ["main", "cancelled", expect.stringMatching(/^SIGTERM/)],
    ["main", "skipped"],
    ["main", "success", "cleaning up"],
    ["main", "success", "it was cancelled"],
    ["post", "success", "post is there"],
  ]);
  expect(result.job("after").conclusion).toBe("cancelled");
  expect(pids.filter(isAlive)).toEqual([]);
});

test("a machine that vanishes takes every process with it and runs nothing more", async () => {
  const { live, pids } = await startStubborn();

  const result = await live.kill();

  expect(pids.filter(isAlive)).toEqual([]);
  expect(result).toMatchObject({ conclusion: "lost" });
  expect(result.job("only").steps.flatMap(({ log }) => log)).not.toContain("cleaning up");
});

test("a workflow of the product's own is called, and its work tree is there after checkout", async () => {
  const result = await run(
    `
on: workflow_dispatch
jobs:
  build:
    uses: ./.github/workflows/build.yml
`,
    {},
    {
      "src/a.sol": "contract A {}\n",
      ".github/workflows/build.yml": `
on: workflow_call
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: cat src/a.sol; git rev-parse HEAD; echo $GITHUB_SHA
`,
    },
  );

  expect(result.conclusion).toBe("success");
  const [source, head, sha] = result.job("build / build").steps[1]?.log ?? [];
  expect(source).toBe("contract A {}");
  expect(head).toMatch(/^[0-9a-f]{40}$/);
  expect(sha).toBe(head);
});

test("a matrix of calls, and a called workflow that fails, are seen by those who need them", async () => {
  const result = await run(
    `
on: workflow_dispatch
jobs:
  group:
    strategy: { fail-fast: false, matrix: { chains: ["a b", "c"] } }
    uses: ./.github/workflows/group.yml
    with: { chains: "\${{ matrix.chains }}" }
  after:
    needs: group
    runs-on: ubuntu-latest
    steps: [{ run: echo never }]
`,
    {},
    {
      ".github/workflows/group.yml": `
on: { workflow_call: { inputs: { chains: { type: string } } } }
jobs:
  apply:
    runs-on: ubuntu-latest
    steps: [{ run: "test '\${{ inputs.chains }}' = 'a b'" }]
  tell:
    needs: apply
    if: always()
    runs-on: ubuntu-latest
    steps: [{ run: echo told }]
`,
    },
  );

  expect(result.jobs.map(({ name, conclusion }) => [name, conclusion])).toEqual([
    ["group (a b) / apply", "success"],
    ["group (c) / apply", "failure"],
    ["group (a b) / tell", "success"],
    ["group (c) / tell", "success"],
    ["after", "skipped"],
  ]);
});
