import { request } from "node:http";
import { gunzipSync } from "node:zlib";
import { GetBucketPolicyCommand, PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import { type Aws, startAws } from "../../src/aws/aws.ts";
import { makeSite } from "./site.ts";

let aws: Aws;
let site: Awaited<ReturnType<typeof makeSite>>;

beforeAll(async () => {
  aws = await startAws();
  site = await makeSite(aws);
});

beforeEach(() => {
  aws.clearCalls();
  aws.edge.purge();
  aws.edge.lag();
  aws.edge.clearRequests();
});

afterAll(() => aws?.stop());

test("a site without a release says so, and when to come back", async () => {
  const reply = await site.visit("/");

  expect(reply.status).toBe(503);
  expect(reply.headers.get("retry-after")).toBe("5");
  expect(reply.headers.get("x-cache")).toBe("FunctionGeneratedResponse from cloudfront");
});

describe("with a release live", () => {
  beforeAll(async () => {
    await site.release("r1");
    await site.release("r2");
    await site.put("state/0000000001.json", "{}", { IfNoneMatch: "*" });
  });
  beforeEach(() => site.live("r1"));

  test("one write changes what every page is, and files that are shared stay", async () => {
    expect(await bodyOf("/pools")).toBe("<p>r1</p>");
    await site.live("r2");

    expect(await bodyOf("/pools")).toBe("<p>r2</p>");
    expect((await site.visit("/pools")).headers.get("x-amz-meta-release")).toBe("r2");
    expect(await bodyOf("/assets/app-r1000000.js")).toBe('say("r1");');
  });

  test("a missing file is 404, and stays so for ten seconds", async () => {
    expect((await site.visit("/assets/later-12345678.js")).status).toBe(404);
    await site.put("assets/later-12345678.js", "late", { CacheControl: "max-age=60" });

    expect((await site.visit("/assets/later-12345678.js")).status).toBe(404);
    aws.edge.advance(11);
    expect(await bodyOf("/assets/later-12345678.js")).toBe("late");
  });

  test("without the right to list it is 403, which is not kept", async () => {
    const bare = await makeSite(aws, { Site: "unlisted" });
    const deny = {
      Effect: "Deny",
      Principal: "*",
      Action: "s3:ListBucket",
      Resource: `arn:aws:s3:::${bare.Bucket}`,
    };
    await withStatement(bare, deny);
    await bare.live("r1");

    expect((await bare.visit("/nothing.txt")).status).toBe(403);
    await bare.put("releases/r1/nothing.txt", "something");
    expect((await bare.visit("/nothing.txt")).status).toBe(200);
  });

  test("the log cannot be reached by any path", async () => {
    const paths = [
      "/state/0000000001.json",
      "/assets/../state/0000000001.json",
      "//state/0000000001.json",
    ];

    expect(await Promise.all(paths.map(rawStatus))).toEqual([404, 404, 404]);
  });

  test("a path that is no encoding is a bad request", async () => {
    expect(await rawStatus("/assets/%zz-12345678.js")).toBe(400);
  });

  test("names in any script are found", async () => {
    await site.put("releases/r1/über uns #1.txt", "hello");

    expect(await bodyOf(`/${encodeURIComponent("über uns #1.txt")}`)).toBe("hello");
  });

  test("the bucket serves its own distribution alone, and its state to none", async () => {
    await site.live("r1", { shared: ["/assets/"] });
    const direct = await fetch(`${aws.url}/${site.Bucket}/releases/r1/index.html`);
    expect(direct.status).toBe(403);

    await site.visit("/");
    const asked = aws.calls().filter(({ principal }) => principal === "cloudfront.amazonaws.com");
    expect(asked).toMatchObject([
      {
        action: "s3:GetObject",
        resource: `arn:aws:s3:::${site.Bucket}/releases/r1/index.html`,
        allowed: true,
      },
    ]);
  });

  test("what is never kept is asked for again, with what is known of it", async () => {
    const caches = [];
    for (let time = 0; time < 3; time += 1)
      caches.push((await site.visit("/")).headers.get("x-cache"));

    expect(caches).toEqual([
      "Miss from cloudfront",
      "RefreshHit from cloudfront",
      "RefreshHit from cloudfront",
    ]);
    expect(fromOrigin().map(({ status }) => status)).toEqual([200, 304, 304]);
  });

  test("what is immutable is asked for once", async () => {
    for (let time = 0; time < 3; time += 1) await bodyOf("/assets/app-r1000000.js");

    expect(fromOrigin()).toHaveLength(1);
    expect(aws.edge.requests().map(({ cache }) => cache)).toEqual(["Miss", "Hit", "Hit"]);
    aws.edge.advance(31_536_001);
    expect((await site.visit("/assets/app-r1000000.js")).headers.get("x-cache")).toMatch(
      "RefreshHit",
    );
  });

  test("a viewer who has it already gets 304", async () => {
    const first = await site.visit("/");
    const again = await site.visit("/", {
      headers: { "if-none-match": String(first.headers.get("etag")) },
    });

    expect(again.status).toBe(304);
    expect(await again.text()).toBe("");
  });

  test("texts of a kilobyte and more are compressed, and their ETags become weak", async () => {
    await site.put("assets/long-12345678.css", "a{}".repeat(1_000), { ContentType: "text/css" });
    const plain = await raw("/assets/long-12345678.css", {});
    const zipped = await raw("/assets/long-12345678.css", { "accept-encoding": "gzip" });
    const best = await raw("/assets/long-12345678.css", { "accept-encoding": "gzip, br" });

    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(zipped.headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept-Encoding" });
    expect(zipped.headers.etag).toBe(`W/${plain.headers.etag}`);
    expect(gunzipSync(zipped.body).toString()).toHaveLength(3_000);
    expect(best.headers["content-encoding"]).toBe("br");
    const short = await raw("/", { "accept-encoding": "gzip" });
    expect(short.headers["content-encoding"]).toBeUndefined();
  });

  test("every answer has the site's headers, the errors too", async () => {
    for (const path of ["/", "/none.txt", "/assets/app-r1000000.js"]) {
      const { headers } = await site.visit(path);

      expect(headers.get("strict-transport-security")).toBe("max-age=31536000");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toMatch("frame-ancestors 'none'");
    }
  });

  test("a site of previews is not for search engines, and lets in whom it names", async () => {
    const previews = await makeSite(aws, {
      ...{ Site: "nexus-preview", Indexed: "no" },
      ...{ FrameAncestors: "https://app.safe.global", ConnectSources: "https://rpc.example.com" },
    });
    const { headers } = await previews.visit("/");

    expect(headers.get("x-robots-tag")).toBe("noindex");
    const policy = headers.get("content-security-policy");
    expect(policy).toMatch("connect-src 'self' https://rpc.example.com;");
    expect(policy).toMatch("frame-ancestors https://app.safe.global;");
  });

  test("directives of its own come before the template's", async () => {
    const own = await makeSite(aws, { Site: "own", Directives: "font-src https://fonts.example" });
    const policy = (await own.visit("/")).headers.get("content-security-policy");
    expect(policy).toMatch(/^font-src https:\/\/fonts\.example; default-src 'self'; script-src/);
  });

  test("pages are isolated where the site asks for it, and then alone", async () => {
    const own = await makeSite(aws, { Site: "threads", Isolated: "yes" });
    const isolation = async (at: typeof site) => {
      const { headers } = await at.visit("/");
      return [
        headers.get("cross-origin-opener-policy"),
        headers.get("cross-origin-embedder-policy"),
      ];
    };
    expect(await isolation(own)).toEqual(["same-origin", "require-corp"]);
    expect(await isolation(site)).toEqual([null, null]);
  });

  test("another site's code may read the files if it is named, and then no other's", async () => {
    const app = await makeSite(aws, { Site: "app", ReadableFrom: "https://app.safe.global" });
    const open = await makeSite(aws, { Site: "open", ReadableFrom: "*" });
    const allowed = async (at: typeof site, origin: string) =>
      (await at.visit("/manifest.json", { headers: { origin } })).headers.get(
        "access-control-allow-origin",
      );

    expect(await allowed(app, "https://app.safe.global")).toBe("https://app.safe.global");
    expect(await allowed(app, "https://other.example")).toBeNull();
    expect(await allowed(open, "https://other.example")).toBe("*");
    expect(await allowed(site, "https://app.safe.global")).toBeNull();
  });

  test("a host that another distribution has decides", async () => {
    const named = await makeSite(aws, {
      ...{ Site: "named", DomainName: "app.example.com" },
      CertificateArn: `arn:aws:acm:us-east-1:${aws.accountId}:certificate/1`,
    });
    await named.release("n1");
    await named.live("n1");

    const reply = await raw("/", { host: "app.example.com" });
    expect(reply.body.toString()).toBe("<p>n1</p>");
    expect(named.DomainName).toBe("app.example.com");
  });

  test("locations see a write one after the other", async () => {
    aws.edge.lag(0, 2);
    await site.live("r2");
    const seen = [];
    for (let time = 0; time < 8; time += 1) seen.push(await bodyOf("/"));

    const [first, second] = [seen.filter((_, at) => at % 2 === 0), seen.filter((_, at) => at % 2)];
    expect([first, second].map((it) => it.join("")).sort()).toEqual([
      "<p>r1</p><p>r1</p><p>r2</p><p>r2</p>",
      "<p>r2</p><p>r2</p><p>r2</p><p>r2</p>",
    ]);
  });

  test("an origin that fails is asked again, then told of; what has expired is served meanwhile", async () => {
    const path = "/assets/app-r1000000.js";
    await bodyOf(path);
    aws.edge.advance(31_536_001);
    const match = { principal: /cloudfront/ };
    const broken = aws.fault({ do: "break before", match, times: 100 });

    expect(await bodyOf(path)).toBe('say("r1");');
    expect(broken.hits).toBe(3);
    expect((await site.visit("/")).status).toBe(502);
    broken.remove();
  });

  test("faults befall CloudFront's own requests too", async () => {
    const slow = aws.fault({ do: "status", status: 503, match: { principal: /cloudfront/ } });

    expect((await site.visit("/favicon.ico")).status).toBe(503);
    expect(slow.hits).toBe(1);
  });

  test("only what the distribution allows is taken", async () => {
    expect((await site.visit("/", { method: "POST", body: "x" })).status).toBe(403);
    const head = await site.visit("/", { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, "9"]);
  });
});

test("a stack that is deployed again keeps its address, its store and what is live", async () => {
  await site.live("r1");
  const url = aws.edge.url(site.DomainName);
  const again = await makeSite(aws, { ConnectSources: "https://new.example.com" });

  expect(aws.edge.url(again.DomainName)).toBe(url);
  const reply = await again.visit("/");
  expect(await reply.text()).toBe("<p>r1</p>");
  expect(reply.headers.get("content-security-policy")).toMatch("https://new.example.com");
});

async function bodyOf(path: string): Promise<string> {
  return (await site.visit(path)).text();
}

function fromOrigin() {
  return aws.calls().filter(({ principal }) => principal === "cloudfront.amazonaws.com");
}

async function withStatement({ s3, Bucket }: typeof site, statement: object): Promise<void> {
  const { Policy = "" } = await s3.send(new GetBucketPolicyCommand({ Bucket }));
  const { Version, Statement } = JSON.parse(Policy);
  const changed = JSON.stringify({ Version, Statement: [...Statement, statement] });
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: changed }));
}

async function rawStatus(path: string): Promise<number | undefined> {
  return (await raw(path, {})).status;
}

/** As no browser would ask: the path as it is, nothing unpacked. */
async function raw(path: string, headers: Record<string, string>) {
  const { hostname, port } = new URL(aws.edge.url(site.Distribution));
  const { promise, resolve, reject } = Promise.withResolvers<{
    status?: number;
    headers: Record<string, unknown>;
    body: Buffer;
  }>();
  request({ hostname, port, path, headers }, (response) => {
    const parts: Buffer[] = [];
    response.on("data", (part) => parts.push(part));
    response.on("end", () =>
      resolve({
        status: response.statusCode,
        headers: response.headers,
        body: Buffer.concat(parts),
      }),
    );
  })
    .on("error", reject)
    .end();
  return promise;
}

test("a name with an asterisk is every name below it, and one that says all goes before", async () => {
  const certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1";
  const hosts = { CertificateArn: certificate, DomainName: "*.previews.localhost" };
  const all = await makeSite(aws, { Site: "all", Serves: "previews", ...hosts });
  await makeSite(aws, { Site: "one", ...hosts, DomainName: "pr-1.previews.localhost" });
  const { port } = new URL(aws.edge.url(all.Distribution));
  const answer = async (host: string) => {
    const reply = await fetch(`http://${host}.localhost:${port}/`);
    return [reply.status, reply.headers.get("x-robots-tag")];
  };

  expect(await answer("pr-2.previews")).toEqual([404, "noindex"]);
  expect(await answer("pr-1.previews")).toEqual([503, null]);
});
