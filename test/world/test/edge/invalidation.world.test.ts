import {
  CloudFrontClient,
  CreateInvalidationCommand,
  GetDistributionCommand,
  GetInvalidationCommand,
} from "@aws-sdk/client-cloudfront";
import { type Aws, startAws } from "../../src/aws/aws.ts";
import { makeSite } from "./site.ts";

let aws: Aws;
let site: Awaited<ReturnType<typeof makeSite>>;
let cloudfront: CloudFrontClient;

beforeAll(async () => {
  aws = await startAws();
  cloudfront = new CloudFrontClient({ ...aws.clientConfig(), maxAttempts: 1 });
});

beforeEach(async () => {
  site = await makeSite(aws, { Site: `site-${Math.random().toString(36).slice(2, 10)}` });
  await site.live("r1");
});

afterAll(() => aws?.stop());

test("what was invalidated is asked for anew, the rest is not", async () => {
  for (const name of ["a", "b"]) await keep(`/assets/${name}-12345678.js`);
  const made = await invalidate(["/assets/a-*"]);

  expect(made.Invalidation).toMatchObject({
    Status: "Completed",
    InvalidationBatch: { Paths: { Quantity: 1, Items: ["/assets/a-*"] } },
  });
  expect(await cacheOf("/assets/a-12345678.js")).toBe("Miss from cloudfront");
  expect(await cacheOf("/assets/b-12345678.js")).toBe("Hit from cloudfront");
});

test("an invalidation takes its time, until it is completed nothing is promised", async () => {
  await keep("/assets/a-12345678.js");
  aws.edge.lagInvalidations(2);
  const { Invalidation } = await invalidate(["/*"]);
  const seen = [Invalidation?.Status];
  for (let look = 0; look < 3; look += 1) {
    const Id = Invalidation?.Id;
    if (look < 2) expect(await cacheOf("/assets/a-12345678.js")).toBe("Hit from cloudfront");
    const command = new GetInvalidationCommand({ DistributionId: site.Distribution, Id });
    seen.push((await cloudfront.send(command)).Invalidation?.Status);
  }

  expect(seen).toEqual(["InProgress", "InProgress", "InProgress", "Completed"]);
  expect(await cacheOf("/assets/a-12345678.js")).toBe("Miss from cloudfront");
});

test("the same reference is the same invalidation, with other paths an error", async () => {
  const first = await invalidate(["/a"], "run-1");
  const again = await invalidate(["/a"], "run-1");

  expect(again.Invalidation?.Id).toBe(first.Invalidation?.Id);
  await expect(invalidate(["/b"], "run-1")).rejects.toMatchObject({ name: "InvalidArgument" });
});

test("3,000 paths and 15 wildcards may be in progress at once", async () => {
  aws.edge.lagInvalidations(1);
  const many = Array.from({ length: 3_000 }, (_, at) => `/file-${at}`);
  const { Invalidation } = await invalidate(many);

  const tooMany = { name: "TooManyInvalidationsInProgress", $metadata: { httpStatusCode: 400 } };
  await expect(invalidate(["/one-more"])).rejects.toMatchObject(tooMany);
  const wild = Array.from({ length: 15 }, (_, at) => `/folder-${at}/*`);
  await invalidate(wild);
  await expect(invalidate(["/another/*"])).rejects.toMatchObject(tooMany);
  const DistributionId = site.Distribution;
  await cloudfront.send(new GetInvalidationCommand({ DistributionId, Id: Invalidation?.Id }));
  await invalidate(["/one-more"]);
});

test.each([
  ["without a slash at its start", ["a"], "InvalidArgument"],
  ["with a wildcard in its middle", ["/a*b"], "InvalidArgument"],
])("a path %s is refused", async (_, paths, name) => {
  await expect(invalidate(paths)).rejects.toMatchObject({ name });
});

test("a distribution says where it answers; one that is not there is named so", async () => {
  const { Distribution } = await cloudfront.send(
    new GetDistributionCommand({ Id: site.Distribution }),
  );

  expect(Distribution).toMatchObject({ Status: "Deployed", DomainName: site.DomainName });
  const none = cloudfront.send(new GetDistributionCommand({ Id: "ENONE" }));
  await expect(none).rejects.toMatchObject({ name: "NoSuchDistribution" });
});

test("who may invalidate is IAM's to say", async () => {
  const stranger = new CloudFrontClient(aws.clientConfig(aws.createUser("stranger", [])));
  const sent = stranger.send(
    new GetInvalidationCommand({ DistributionId: site.Distribution, Id: "I1" }),
  );

  await expect(sent).rejects.toMatchObject({ name: "AccessDenied" });
  expect(aws.calls().at(-1)).toMatchObject({
    action: "cloudfront:GetInvalidation",
    resource: `arn:aws:cloudfront::${aws.accountId}:distribution/${site.Distribution}`,
  });
});

async function keep(path: string): Promise<void> {
  await site.put(path.slice(1), "x", { CacheControl: "max-age=31536000" });
  await cacheOf(path);
}

async function cacheOf(path: string): Promise<string | null> {
  return (await site.visit(path)).headers.get("x-cache");
}

let references = 0;

function invalidate(Items: string[], CallerReference = `reference-${++references}`) {
  const Paths = { Quantity: Items.length, Items };
  const InvalidationBatch = { CallerReference, Paths };
  return cloudfront.send(
    new CreateInvalidationCommand({ DistributionId: site.Distribution, InvalidationBatch }),
  );
}
