import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { Clock } from "@playbook/action";
import type { GithubJob } from "@playbook/world";
import { statements } from "../src/access.ts";
import { build, openStudio, type Studio, type TestSite } from "./studio.ts";

let studio: Studio;
let site: TestSite;

beforeAll(async () => {
  studio = await openStudio();
});
beforeEach(async () => {
  site = await studio.site();
});
afterAll(() => studio?.world[Symbol.asyncDispose]());

const OTHERS = ["OverwriteFiles", "Invalidate", "ReadDeployments", "ListDeployments"];

/** What a site with a store uses; the rest is for others. */
const granted = statements
  .filter(({ sid }) => !OTHERS.includes(sid))
  .flatMap(({ actions }) => [...actions]);

/** Releases until files of the first are deleted. */
async function releaseAll(): Promise<void> {
  let time = Date.now();
  const clock: Clock = { now: () => time, sleep: async () => {} };
  for (const name of ["v1", "v2", "v3"]) {
    time += 25 * 3_600_000;
    // A file that is there already, as a run that was killed leaves it, is looked at.
    studio.aws.fault({ do: "lose reply", match: { operation: "PutObject", key: /index-v3/ } });
    const { failure } = await site.release(name, build(name), { keep: "1" }, clock);
    if (failure) throw failure;
  }
}

test("releases use every permission of access.yml for a store, and none beside it", async () => {
  studio.aws.clearCalls();

  await releaseAll();

  const session = site.role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/");
  const own = studio.aws.calls().filter(({ principal }) => principal.startsWith(session));
  expect(new Set(own.map(({ action }) => action))).toEqual(new Set(granted));
  expect(own.filter(({ allowed }) => !allowed)).toEqual([]);
});

test.each(granted)("without %s it fails and says so; with it, it goes on", async (permission) => {
  const taken = studio.aws.withoutPermission(site.role, permission);

  await expect(releaseAll()).rejects.toMatchObject({
    code: "access-denied",
    what: expect.stringContaining(permission),
    next: expect.stringContaining(permission),
  });

  taken.restore();
  await site.release("v9", build("v9"));
  expect(await site.shown()).toBe("v9");
});

describe("the contracts' manifest in S3", () => {
  const folder = "s3://contracts-state/contracts/environments/acme/app/production/";
  const contracts = {
    ...{ UiDeploymentsBucket: "contracts-state", UiDeploymentsPrefix: "contracts" },
  };
  let s3: S3Client;
  let allowed: TestSite;

  beforeAll(async () => {
    s3 = new S3Client(studio.aws.clientConfig());
    await studio.aws.createBucket("contracts-state");
    await write(3, "0xa");
  });
  beforeEach(async () => {
    allowed = await studio.site(contracts);
  });

  const name = (index: number) => `${String(index).padStart(10, "0")}.json`;

  /** A release of contracts writes the environment's next manifest. */
  async function write(index: number, address: string) {
    const vault = { name: "Vault", address, release: "v1" };
    const chains = { sepolia: { chainId: 5, contracts: [vault] } };
    const entry = { format: "playbook.deployments", version: 1, environment: "production", chains };
    const Key = folder.slice("s3://contracts-state/".length) + name(index);
    const Body = JSON.stringify(entry);
    await s3.send(new PutObjectCommand({ Bucket: "contracts-state", Key, Body }));
  }

  /** The address that the site's page is told. */
  async function told(site: TestSite) {
    const { text } = await site.page();
    const [, config = ""] = /playbook-config" content="([^"]+)"/.exec(text) ?? [];
    return JSON.parse((await site.page(config)).text).chains.sepolia.contracts.Vault;
  }

  test("is read where it lies, with a permission for that", async () => {
    await allowed.release("v1", build("v1"), { manifest: folder + name(3) });

    expect(await told(allowed)).toBe("0xa");
    for (const manifest of [folder, folder + name(3)]) {
      await expect(site.release("v1", build("v1"), { manifest })).rejects.toMatchObject({
        code: "access-denied",
        what: expect.stringContaining("s3:"),
      });
    }
  });

  test.each([
    ["s3://contracts-state", "bad-input"],
    ["s3://contracts-state/contracts/environments/acme/app/production", "bad-input"],
    ["s3://contracts-state/contracts/environments/acme/app/empty/", "config-unreadable"],
  ])("is missed by name: %s", async (manifest, code) => {
    await expect(allowed.release("v1", build("v1"), { manifest })).rejects.toMatchObject({ code });
  });

  test("is the environment's newest where only its folder is named", async () => {
    const { summary } = await allowed.release("v1", build("v1"), { manifest: folder });
    expect(await told(allowed)).toBe("0xa");
    expect(summary).toContain(folder + name(3));

    await write(4, "0xb");
    const { outputs } = await allowed.release("v2", build("v1"), { manifest: folder });
    expect(outputs).toMatchObject({ release: "v2", changed: true });
    expect(await told(allowed)).toBe("0xb");
  });

  test("stays the one with which a release was begun, whatever is newest when it goes on", async () => {
    await write(5, "0xc");
    studio.aws.fault({ do: "deny", match: { operation: "PutKey" } });
    const release = () => allowed.release("v1", build("v1"), { manifest: folder, order: "1" });
    await expect(release()).rejects.toMatchObject({ code: "access-denied" });
    await write(6, "0xd");

    await release();
    expect(await told(allowed)).toBe("0xc");
    expect((await release()).outputs).toMatchObject({ changed: false });

    await allowed.release("v2", build("v1"), { manifest: folder });
    expect(await told(allowed)).toBe("0xd");
  });
});

/** Callers whose token is in order, but not the one that the role was made for. */
const strangers: { who: string; job: Partial<GithubJob> }[] = [
  {
    who: "a fork's pull request",
    job: { event: "pull_request", ref: "refs/pull/7/merge", environment: undefined },
  },
  { who: "another repository", job: { repository: "acme/other", repositoryId: "1002" } },
  { who: "the environment of previews", job: { environment: "preview" } },
];

test.each(strangers)("$who is refused", async ({ job }) => {
  studio.actAs(job);
  try {
    await expect(site.release("v1", build("v1"))).rejects.toMatchObject({ code: "role-refused" });
  } finally {
    studio.actAs();
  }
});

test("the role of previews cannot touch production: no file, no store, no log", async () => {
  await site.release("v1", build("v1"));
  const preview = await studio.site({ Environment: "preview" });
  studio.actAs({ environment: "preview" });
  const intruder = studio.siteOf({ ...site, role: preview.role });
  const half = studio.siteOf({ ...preview, KeyValueStore: site.KeyValueStore });
  const before = await studio.files(site);
  try {
    for (const one of [intruder, half]) {
      await expect(one.release("v2", build("v2"))).rejects.toMatchObject({ code: "access-denied" });
    }
    await expect(intruder.rollback()).rejects.toMatchObject({ code: "access-denied" });
    await preview.release("v2", build("v2"));
  } finally {
    studio.actAs();
  }
  expect(await studio.files(site)).toEqual(before);
  expect(await studio.told(site)).toEqual(["begun v1", "live v1", "seen v1"]);
  expect(await site.shown()).toBe("v1");
});
