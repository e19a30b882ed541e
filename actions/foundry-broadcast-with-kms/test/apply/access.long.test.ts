import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GithubJob } from "@playbook/world";
import { statements } from "../../src/access.ts";
import { calls, handsIn } from "../abandon/halted.ts";
import { adoptingIn, useElsewhere } from "../adopt/adopting.ts";
import { launch } from "./job.ts";
import { type Given, type Office, openOffice } from "./office.ts";
import { refused } from "./refusal.ts";

let office: Office;
let chainsFile: string;

beforeAll(async () => {
  office = await openOffice();
  chainsFile = join(office.world.dir, "chains.json");
  await writeFile(chainsFile, JSON.stringify([office.chain.metadata()]));
});
afterAll(() => office?.world[Symbol.asyncDispose]());

const shapes = [{ name: "count" }];
const granted = statements.flatMap(({ actions }) => [...actions]);

const { abandoning, halted } = handsIn(() => office);

/**
 * Each mode that has rights: which it needs, a job that has something to do, and what it then says.
 */
const modes = [
  {
    mode: "apply",
    uses: granted,
    job: async () => office.given(await office.plan(shapes)),
    said: "all final",
  },
  {
    mode: "abandon",
    uses: granted,
    job: async () => {
      const plan = await office.plan(calls(4));
      await halted(office.chain, plan, 2);
      return abandoning(plan);
    },
    said: "Given up",
  },
  {
    mode: "adopt",
    uses: granted.filter((permission) => permission !== "kms:Sign"),
    job: async () => {
      await useElsewhere(office.chain, office.signer);
      await office.chain.mine();
      return adoptingIn(office, chainsFile);
    },
    said: "used by somebody else",
  },
];

const ended = async (given: Given) => (await launch(office, given)).ended;

test.each(modes)("$mode uses these permissions and none beside them: $uses", async (one) => {
  const given = await one.job();
  office.aws.clearCalls();

  await ended(given);

  const { role, aws } = office;
  const session = role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/");
  const own = aws.calls().filter(({ principal }) => principal.startsWith(session));
  expect(new Set(own.map(({ action }) => action))).toEqual(new Set(one.uses));
  expect(own.filter(({ allowed }) => !allowed)).toEqual([]);
});

test.each(modes.flatMap((one) => one.uses.map((permission) => ({ ...one, permission }))))(
  "$mode without $permission says so and begins nothing; with it, it goes on",
  async ({ job, permission, said }) => {
    const given = await job();
    const taken = office.aws.withoutPermission(office.role, permission);

    await refused(office, given, {
      code: "access-denied",
      what: expect.stringContaining(permission),
      next: expect.stringContaining(permission),
    });

    taken.restore();
    expect((await ended(given)).summary).toContain(said);
  },
);

test.each(modes)("$mode without id-token: write does the same", async ({ job, said }) => {
  const given = await job();
  delete process.env.ACTIONS_ID_TOKEN_REQUEST_URL;

  await refused(office, given, {
    code: "no-id-token",
    what: "This job cannot ask for an OIDC token.",
    next: expect.stringContaining("id-token: write"),
  });

  office.actAs();
  expect((await ended(given)).summary).toContain(said);
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
