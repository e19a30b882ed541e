import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunOptions } from "@playbook/world";
import { change, localAction } from "./change.ts";
import { ending, sentBy } from "./judge.ts";
import { leaksOf } from "./leaks.ts";
import { openStage } from "./stage.ts";

const open = () => openStage({ product: "counter", chains: [{ id: 10012, name: "alpha" }] });

let stage: Awaited<ReturnType<typeof open>>;

beforeAll(async () => {
  stage = await open();
}, 300_000);
afterAll(() => stage?.[Symbol.asyncDispose]());

afterEach(async () => {
  const [alpha] = stage.world.chains;
  expect(await sentBy(alpha, stage.account.signer)).toEqual([]);
  // The key is tried with the same digest each time.
  const signed = stage.world.aws.calls().filter(({ action }) => action === "kms:Sign");
  expect(new Set(signed.map(({ message }) => message)).size).toBeLessThanOrEqual(1);
});

/** What AWS was asked, and the tokens that it could have been asked with. */
function asked(): number[] {
  return [stage.world.aws.calls().length, stage.world.issuer.issued().length];
}

let releases = 0;

async function release(over: Partial<RunOptions> = {}, workflow = "release.yml") {
  releases += 1;
  const inputs = { release: `v${releases}`, transactions: "2" };
  const run = await stage.start(workflow, inputs, over);
  return run.finished;
}

test("a branch that the environment does not allow releases nothing, in GitHub's words", async () => {
  const before = asked();
  const result = await release({ ref: "refs/heads/feature" });

  expect(ending(result)).toEqual({
    conclusion: "failure",
    errors: expect.arrayContaining([
      'Branch "feature" is not allowed to deploy to production ' +
        "due to environment protection rules.",
    ]),
  });
  expect(asked()).toEqual(before);
});

test("a caller that grants too little does not start", async () => {
  const path = ".github/workflows/stingy.yml";
  const text = await readFile(join(stage.folder, ".github/workflows/release.yml"), "utf8");
  await change(stage.folder, { [path]: text.replace(/^ +id-token: write\n/m, "") });

  const result = await release({}, "stingy.yml");

  const at = `${path} (Line: ${1 + text.split("\n").indexOf("  contracts:")}, Col: 3)`;
  const called = "khalani/playbook/.github/workflows/release-contracts.yml@v1";
  const { conclusion, errors } = ending(result);
  expect(conclusion).toBe("startup_failure");
  expect(errors).toHaveLength(1);
  expect(errors[0]).toContain(
    `The workflow is not valid. ${at}: Error calling workflow '${called}'.`,
  );
  expect(errors[0]).toMatch(
    /The nested job 'apply.*' is requesting 'id-token: write', but is only allowed 'id-token: none'\.$/,
  );
});

test("another repository with the same role is refused, and told what it said of itself", async () => {
  const result = await release({ repository: "acme/other" });

  const { conclusion, errors } = ending(result);
  expect(conclusion).toBe("failure");
  expect(errors).toHaveLength(1);
  const [error = ""] = errors;
  expect(error).toContain(`AWS does not let this run assume ${stage.account.role}.`);
  for (const claim of [
    "repository: acme/other",
    "environment: production",
    "job_workflow_ref: khalani/playbook/.github/workflows/release-contracts.yml@refs/tags/v1",
  ]) {
    expect(error).toContain(claim);
  }
  expect(error).toContain("TrustedWorkflows");
  expect(error).toContain("code: role-refused");

  const [token] = stage.world.issuer.issued().slice(-1);
  expect(token).toMatchObject({ repository: "acme/other" });
});

test("a plan that was exchanged while somebody read it is not sent", async () => {
  const before = asked();
  await change(stage.folder, await tampering());
  const { environments } = stage.world.github.repository(stage.repository);
  environments.set("production", { branches: ["main"], reviewers: true });
  const exchanged = Promise.withResolvers<void>();

  const result = await release(
    {
      onLine: ({ text }) => text === "exchanged" && exchanged.resolve(),
      // The reviewer takes a while.
      approve: () => exchanged.promise.then(() => true),
    },
    "tampered.yml",
  );

  const { conclusion, errors } = ending(result);
  expect(conclusion).toBe("failure");
  expect(errors).toEqual([
    expect.stringMatching(
      /^The plan is not the one that was approved\.\n.*digest is sha256:\w{64}; approved was sha256:\w{64}/,
    ),
  ]);
  expect(asked()).toEqual(before);
});

test("a release that does not compile says so where it is to be sent", async () => {
  await change(stage.folder, { "src/Counter.sol": "contract Counter { uint x = ; }\n" });

  const result = await release({ approve: true });

  expect(result.job("contracts / Plan")).toMatchObject({
    conclusion: "success",
    outputs: { "plan-digest": "" },
  });
  const { conclusion, errors } = ending(result);
  expect(conclusion).toBe("failure");
  expect(errors).toEqual([expect.stringMatching(/^There is no plan to apply\./)]);
  expect(errors[0]).toContain("The project does not compile: script/Count.s.sol");
  expect(errors[0]).toContain("Expected primary expression");
  expect(errors[0]).toMatch(/code: compile-failed\n.*\n.*code: nothing-to-continue$/);
});

test("nothing that any run left holds a token, a session or a key", async () => {
  expect(await leaksOf(stage)).toEqual([]);
});

/**
 * The product's release, with a job beside it that puts another plan in place of the one it finds.
 */
async function tampering(): Promise<Record<string, string>> {
  const code = `
    import { readFileSync, writeFileSync } from "node:fs";
    import { setTimeout as sleep } from "node:timers/promises";

    const name = "contracts-release";
    const fetched = () => downloadArtifact(name, "found", context).then(() => true, () => false);
    while (!(await fetched())) await sleep(200);
    const plan = JSON.parse(readFileSync("found/plan.json", "utf8"));
    plan.steps[0].value = "1000000000000000000";
    writeFileSync("found/plan.json", JSON.stringify(plan));
    await uploadArtifact(name, "found", context);
    console.log("exchanged");
  `;
  const text = await readFile(join(stage.folder, ".github/workflows/release.yml"), "utf8");
  const job = `
  tamper:
    runs-on: ubuntu-latest
    permissions: { contents: read }
    steps:
      - uses: actions/checkout@v7
      - uses: ./tools/tamper
`;
  return { ...localAction("tamper", code), ".github/workflows/tampered.yml": `${text}${job}` };
}
