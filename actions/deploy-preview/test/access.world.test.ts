import type { GithubJob } from "@playbook/world";
import { statements } from "../src/access.ts";
import { build, openPreviews, type Previews, WORKFLOW } from "./studio.ts";

let previews: Previews;

beforeAll(async () => {
  previews = await openPreviews();
  previews.studio.actAs();
  await previews.production.release("v1", build("one"));
});
afterAll(() => previews?.end());

/** What previews use of their own; the contracts' manifest is for those who have one. */
const granted = statements
  .filter(({ sid }) => sid !== "ReadPreviewDeployments")
  .flatMap(({ actions }) => [...actions]);

let branches = 0;

/** A preview that is opened, pushed to, closed and swept, with production to compare with. */
async function useAll(): Promise<void> {
  branches += 1;
  const pull = previews.open(`all-${branches}`);
  const over = { "production-bucket": previews.production.Bucket };
  // A file that is there already, as a run that was killed leaves it, is looked at.
  const match = { operation: "PutObject", key: /index-one/ };
  const fault = previews.aws.fault({ do: "lose reply", match });
  await previews.deploy(pull, build("one"), over).finally(() => fault.remove());
  pull.state = "closed";
  await previews.remove(pull);
  const { failure } = await previews.step({ mode: "sweep" });
  if (failure) throw failure;
}

test("previews use every permission of access.yml, and none beside it", async () => {
  previews.aws.clearCalls();

  await useAll();

  const session = previews.role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/");
  const own = previews.aws.calls().filter(({ principal }) => principal.startsWith(session));
  expect(new Set(own.map(({ action }) => action))).toEqual(new Set(granted));
  expect(own.filter(({ allowed }) => !allowed)).toEqual([]);
});

test.each([...new Set(granted)])(
  "without %s it fails and says so; with it, it goes on",
  async (permission) => {
    const taken = previews.aws.withoutPermission(previews.role, permission);

    await expect(useAll()).rejects.toMatchObject({
      code: "access-denied",
      what: expect.stringContaining(permission),
      next: expect.stringContaining(permission),
    });

    taken.restore();
    await useAll();
  },
);

test("without production's list of files previews are shown all the same", async () => {
  const pull = previews.open("unread");
  const { Bucket } = await previews.studio.site();
  const { context } = await previews.deploy(pull, build("one"), { "production-bucket": Bucket });
  expect(context.said.join()).toContain("Production's list of files cannot be read");
  expect((await previews.page(pull)).status).toBe(200);
});

/** Callers whose token is in order, but not the one that the role was made for. */
const strangers: { who: string; job: Partial<GithubJob> }[] = [
  {
    who: "a fork's pull request",
    job: {
      ...{ event: "pull_request", ref: "refs/pull/7/merge", environment: undefined },
      jobWorkflowRef: WORKFLOW,
    },
  },
  {
    who: "the environment of production",
    job: { environment: "production", jobWorkflowRef: WORKFLOW },
  },
  { who: "a release's workflow", job: { environment: "preview" } },
];

test.each(strangers)("$who is refused", async ({ job }) => {
  branches += 1;
  const pull = previews.open(`stranger-${branches}`);
  await expect(previews.deploy(pull, build("one"), {}, { job })).rejects.toMatchObject({
    code: "role-refused",
  });
});

describe("the roles of previews and of production", () => {
  test("cannot touch each other's files, stores or logs", async () => {
    const { production, studio } = previews;
    const pull = previews.open("intruder");
    const before = await studio.files(production);
    const other = await studio.site();
    for (const site of [production, other]) {
      const [bucket, store] = [site.Bucket, site.KeyValueStore];
      for (const over of [
        { "key-value-store": store },
        { bucket, "key-value-store": store },
        ...(site === other ? [{ bucket }] : []),
      ]) {
        await expect(previews.deploy(pull, build("one"), over)).rejects.toMatchObject({
          code: "access-denied",
        });
      }
    }
    // Its list of files may be read: that is enough to see whose it is.
    await expect(
      previews.deploy(pull, build("one"), { bucket: production.Bucket }),
    ).rejects.toMatchObject({ code: "preview-not-apart" });
    expect(await studio.files(production)).toEqual(before);

    studio.actAs();
    const role = production.role;
    const { Bucket, KeyValueStore, Distribution } = previews;
    const intruder = studio.siteOf({ Bucket, KeyValueStore, Distribution, role });
    await expect(intruder.release("v2", build("two"))).rejects.toMatchObject({
      code: "access-denied",
    });
    expect(await production.shown()).toBe("v1");
  });

  test("of a stack that releases are in refuse to show previews there", async () => {
    const { production, studio } = previews;
    const { PreviewRole = "" } = await studio.rolesFor({
      ...{ Name: "app-mistaken", Environment: "preview", TrustedWorkflows: WORKFLOW },
      ...{ PreviewBucket: production.Bucket, PreviewKeyValueStore: production.KeyValueStore },
    });
    const pull = previews.open("mistaken");
    const site = { bucket: production.Bucket, "key-value-store": production.KeyValueStore };
    await expect(
      previews.deploy(pull, build("one"), { ...site, role: PreviewRole }),
    ).rejects.toMatchObject({
      code: "preview-not-apart",
      what: expect.stringContaining("is of a"),
    });
    expect(await production.shown()).toBe("v1");
  });
});
