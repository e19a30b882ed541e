import type { GithubJob } from "@playbook/world";
import { statements } from "../../src/access.ts";
import { type Office, openOffice } from "./office.ts";

let office: Office;

beforeAll(async () => {
  office = await openOffice();
});
afterAll(() => office?.world[Symbol.asyncDispose]());

const shapes = [{ name: "count" }];
const granted = statements.flatMap(({ actions }) => [...actions]);

test("a release uses every permission of access.yml and none beside it", async () => {
  office.aws.clearCalls();

  await office.release(await office.plan(shapes));

  const { role, aws } = office;
  const session = role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/");
  const own = aws.calls().filter(({ principal }) => principal.startsWith(session));
  expect(new Set(own.map(({ action }) => action))).toEqual(new Set(granted));
  expect(own.filter(({ allowed }) => !allowed)).toEqual([]);
});

test.each(granted)("without %s it fails and says so; with it, it goes on", async (permission) => {
  const plan = await office.plan(shapes);
  const taken = office.aws.withoutPermission(office.role, permission);

  await expect(office.release(plan)).rejects.toMatchObject({
    code: "access-denied",
    what: expect.stringContaining(permission),
    next: expect.stringContaining(permission),
  });

  taken.restore();
  expect((await office.release(plan)).outputs).toMatchObject({ changed: true });
});

/** Callers whose token is in order, but not the one that the role was made for. */
const strangers: { who: string; job: Partial<GithubJob> }[] = [
  {
    who: "a fork's pull request",
    job: { event: "pull_request", ref: "refs/pull/7/merge", environment: undefined },
  },
  { who: "another repository", job: { repository: "acme/other", repositoryId: "1002" } },
  { who: "a repository made again under the same name", job: { repositoryId: "1003" } },
  {
    who: "another owner's repository of the name",
    job: { repository: "evil/counter", ownerId: "66" },
  },
  { who: "another environment", job: { environment: "staging" } },
  { who: "a branch without the environment", job: { environment: undefined, ref: "refs/heads/x" } },
  {
    who: "a workflow of the product's own",
    job: { jobWorkflowRef: "acme/counter/.github/workflows/x.yml@refs/heads/main" },
  },
  {
    who: "the workflow at a ref that is not trusted",
    job: {
      jobWorkflowRef: "khalani/playbook/.github/workflows/release-contracts.yml@refs/heads/evil",
    },
  },
];

test.each(strangers)("$who is refused, and told which claims it sent", async ({ job }) => {
  const plan = await office.plan(shapes);
  office.actAs(job);
  try {
    await office.release(plan);
    throw new Error("It was let in.");
  } catch (error) {
    expect(error).toMatchObject({
      code: "role-refused",
      next: expect.stringContaining("TrustedWorkflows"),
    });
    const { why } = error as { why: string };
    expect(why).toContain(`repository_id: ${job.repositoryId ?? "1001"}`);
    expect(why).not.toMatch(/eyJ/);
  } finally {
    office.actAs();
  }
});

test("a repository with the immutable form of `sub` is let in", async () => {
  office.actAs({ immutableSub: true });

  await expect(office.release(await office.plan(shapes))).resolves.toMatchObject({
    outputs: { changed: true },
  });
  office.actAs();
});

test("another prefix of the bucket is out of reach", async () => {
  const state = `s3://${office.Bucket}/elsewhere`;

  await expect(office.release(await office.plan(shapes), { state })).rejects.toMatchObject({
    code: "access-denied",
  });
});

test("another key is out of reach", async () => {
  const { arn } = await office.aws.createKey();

  await expect(office.release(await office.plan(shapes), { key: arn })).rejects.toMatchObject({
    code: "access-denied",
    what: expect.stringContaining("kms:GetPublicKey"),
  });
});
