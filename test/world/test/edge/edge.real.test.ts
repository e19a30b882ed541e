/*
 * What CloudFront does, as far as this project relies on it. It holds for the double, and for
 * CloudFront itself when PLAYBOOK_REAL_EDGE says where, with credentials from the SDK's own chain:
 *
 *   PLAYBOOK_REAL_EDGE='region=eu-west-1&bucket=NAME&distribution=ID&store=ARN&url=https://HOST'
 *
 * A stack of actions/deploy-ui/template.yml that serves nobody: the suite makes releases of its own
 * live there, and leaves their objects. PLAYBOOK_AWS_BACKEND=fast holds the benchmarks' backend to
 * the same.
 */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import "@aws-sdk/signature-v4a";
import {
  CloudFrontClient,
  CreateInvalidationCommand,
  GetInvalidationCommand,
} from "@aws-sdk/client-cloudfront";
import {
  CloudFrontKeyValueStoreClient,
  DescribeKeyValueStoreCommand,
  GetKeyCommand,
  PutKeyCommand,
} from "@aws-sdk/client-cloudfront-keyvaluestore";
import { PutObjectCommand, type PutObjectCommandInput, S3Client } from "@aws-sdk/client-s3";
import { type Aws, startAws } from "../../src/aws/aws.ts";
import { type TemporaryFolder, temporaryFolder } from "../../src/temporary-folder.ts";

const TEMPLATE = join(import.meta.dirname, "../../../../actions/deploy-ui/template.yml");
const TRIES = 60;

type Place = {
  bucket: string;
  distribution: string;
  store: string;
  url: string;
  s3: S3Client;
  stores: CloudFrontKeyValueStoreClient;
  cloudfront: CloudFrontClient;
};

const run = randomUUID().slice(0, 8);
let double: Aws | undefined;
let folder: TemporaryFolder | undefined;
let place: Place;

beforeAll(async () => {
  const real = process.env.PLAYBOOK_REAL_EDGE;
  if (real === undefined) double = await startDouble();
  place = double ? await furnish(double) : readPlace(real ?? "");
});

afterAll(async () => {
  await double?.stop();
  await folder?.[Symbol.asyncDispose]();
});

describe("a key-value store", () => {
  test("takes a write over the version that it names, and no other", async () => {
    const IfMatch = await etag();
    const { ETag } = await place.stores.send(put(`${run}-a`, "1", IfMatch));

    expect(ETag).not.toBe(IfMatch);
    await expect(place.stores.send(put(`${run}-a`, "2", IfMatch))).rejects.toMatchObject({
      name: "ConflictException",
      $metadata: { httpStatusCode: 409 },
    });
  });

  test("takes values of 1,024 bytes and none of one more", async () => {
    await place.stores.send(put(`${run}-b`, "1".repeat(1_024), await etag()));

    const sent = place.stores.send(put(`${run}-b`, "1".repeat(1_025), await etag()));
    await expect(sent).rejects.toMatchObject({ name: "ValidationException" });
  });

  test("does not find a key that is not there", async () => {
    const sent = place.stores.send(new GetKeyCommand({ KvsARN: place.store, Key: `${run}-none` }));

    await expect(sent).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("a site", () => {
  const shared = `assets/app-${run}.css`;

  beforeAll(async () => {
    const page = { ContentType: "text/html", CacheControl: "no-cache" };
    for (const release of [`${run}1`, `${run}2`]) {
      await object(`releases/${release}/index.html`, release, { ...page, Metadata: { release } });
    }
    await object(shared, "a{}".repeat(1_000), {
      ContentType: "text/css",
      CacheControl: "public, max-age=31536000, immutable",
    });
    await object(`state/${run}.json`, "{}", { IfNoneMatch: "*" });
    await live(`${run}1`);
    await until(async () => (await textOf("/")) === `${run}1`);
  });

  test("becomes another release by one write, sooner or later", async () => {
    await live(`${run}2`);
    await until(async () => (await releaseOf("/some/page")) === `${run}2`);
    await until(async () => (await textOf("/some/page")) === `${run}2`);

    const { headers } = await visit("/");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toMatch("default-src 'self'");
  });

  test("asks for a page each time, and for a shared file once", async () => {
    await until(async () => (await cacheOf("/")) === "RefreshHit from cloudfront");
    await until(async () => (await cacheOf(`/${shared}`)) === "Hit from cloudfront");
  });

  test("compresses, and weakens the ETag", async () => {
    const { headers } = await visit(`/${shared}`, { headers: { "accept-encoding": "br" } });

    expect(headers.get("content-encoding")).toBe("br");
    expect(headers.get("etag")).toMatch(/^W\/"/);
  });

  test("tells a missing file by 404, and has no way to its state", async () => {
    expect((await visit(`/assets/none-${run}.js`)).status).toBe(404);
    expect((await visit(`/state/${run}.json`)).status).toBe(404);
  });

  test("answers by 304 who has it already", async () => {
    const { headers } = await visit("/");
    const known = { "if-none-match": headers.get("etag") ?? "" };

    expect((await visit("/", { headers: known })).status).toBe(304);
  });
});

test("an invalidation is made once for a reference, and completes", async () => {
  const DistributionId = place.distribution;
  const Paths = { Quantity: 1, Items: [`/${run}/*`] };
  const command = new CreateInvalidationCommand({
    ...{ DistributionId, InvalidationBatch: { CallerReference: run, Paths } },
  });
  const first = await place.cloudfront.send(command);
  const again = await place.cloudfront.send(command);

  const Id = first.Invalidation?.Id;
  expect(again.Invalidation?.Id).toBe(Id);
  await until(async () => {
    const look = new GetInvalidationCommand({ DistributionId, Id });
    return (await place.cloudfront.send(look)).Invalidation?.Status === "Completed";
  });
}, 600_000);

async function startDouble(): Promise<Aws> {
  if (process.env.PLAYBOOK_AWS_BACKEND !== "fast") return startAws();
  folder = await temporaryFolder("edge");
  return startAws({ backend: "fast", dir: folder.path });
}

async function furnish(aws: Aws): Promise<Place> {
  const { outputs } = await aws.deployTemplate(await readFile(TEMPLATE, "utf8"), { Site: "real" });
  const { Bucket = "", Distribution = "", KeyValueStore = "" } = outputs;
  aws.edge.lag(0, 3);
  aws.edge.lagInvalidations(2);
  return {
    ...{ bucket: Bucket, distribution: Distribution, store: KeyValueStore },
    url: aws.edge.url(Distribution),
    s3: new S3Client(aws.clientConfig()),
    stores: new CloudFrontKeyValueStoreClient(aws.storeConfig()),
    cloudfront: new CloudFrontClient(aws.clientConfig()),
  };
}

function readPlace(text: string): Place {
  const fields = Object.fromEntries(new URLSearchParams(text));
  const { region = "", bucket = "", distribution = "", store = "", url = "" } = fields;
  return {
    ...{ bucket, distribution, store, url },
    s3: new S3Client({ region }),
    stores: new CloudFrontKeyValueStoreClient({ region }),
    cloudfront: new CloudFrontClient({ region }),
  };
}

async function etag(): Promise<string | undefined> {
  const command = new DescribeKeyValueStoreCommand({ KvsARN: place.store });
  return (await place.stores.send(command)).ETag;
}

function put(Key: string, Value: string, IfMatch: string | undefined) {
  return new PutKeyCommand({ KvsARN: place.store, Key, Value, IfMatch });
}

async function live(release: string): Promise<void> {
  const value = { version: 1, release, shared: ["/assets/"], own: [] };
  await place.stores.send(put("live", JSON.stringify(value), await etag()));
}

async function object(Key: string, Body: string, more: Partial<PutObjectCommandInput>) {
  await place.s3.send(new PutObjectCommand({ Bucket: place.bucket, Key, Body, ...more }));
}

function visit(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(place.url + path, init);
}

async function textOf(path: string): Promise<string> {
  return (await visit(path)).text();
}

async function releaseOf(path: string): Promise<string | null> {
  return (await visit(path)).headers.get("x-amz-meta-release");
}

async function cacheOf(path: string): Promise<string | null> {
  return (await visit(path)).headers.get("x-cache");
}

/** The double is there after a few tries, without waiting; the original takes its time. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    if (await holds()) return;
    if (!double) await sleep(5_000);
  }
  throw new Error("it never came about");
}
