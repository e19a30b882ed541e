import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { contextForTests } from "@playbook/action/testing";
import { digestOf } from "@playbook/state";
import { withAdditions } from "../src/html.ts";
import { manifestOf } from "../src/testing.ts";
import { faultAt, faultIn, unreachable } from "../src/verify.ts";

const TYPE = "text/html; charset=utf-8";
const pageOf = (release: string) =>
  withAdditions(Buffer.from("<head></head>"), { release, config: null }).toString();

const manifest = manifestOf("v2", {});
const file = {
  ...{ path: "index.html", key: "releases/v2/index.html", size: 1, type: TYPE, cache: "no-cache" },
  digest: digestOf(pageOf("v2")),
};
const asked = { manifest, isOurs: true, address: "https://app/" };

const answer = (over: object = {}) => ({
  ...{ status: 200, body: pageOf("v2") },
  headers: { "content-type": TYPE, "cache-control": "no-cache" },
  ...over,
});

test("a page of this release, with its headers, is right", () => {
  expect(faultIn(answer(), file, asked)).toBeUndefined();
});

test.each([
  ["no page", { status: 503 }, "answers 503"],
  ["a page of another release", { body: pageOf("v1") }, "is a page of v1"],
  ["a page of none", { body: "<head></head>" }, "is a page of no release"],
  ["another page", { body: `${pageOf("v2")}!` }, "has another content"],
  ["another type", { headers: { "content-type": "text/plain" } }, "is text/plain, not text/html"],
  ["no Cache-Control", { headers: { "content-type": TYPE } }, "Cache-Control of none"],
])("%s is not", (_, over, words) => {
  expect(faultIn(answer(over), file, asked)?.why).toContain(words);
});

test("a distribution of somebody else's may have its own Cache-Control", () => {
  const over = { headers: { "content-type": TYPE } };
  expect(faultIn(answer(over), file, { ...asked, isOurs: false })).toBeUndefined();
});

test("what is no UTF-8 cannot be compared, and is no fault", () => {
  const script = { ...file, path: "assets/a-12345678.js", digest: digestOf(Buffer.from([0xff])) };
  expect(faultIn(answer({ body: "\ufffd" }), script, asked)).toBeUndefined();
});

test.each([
  [401, true],
  [407, true],
  // Kept by an edge for a while after what was missing is there.
  [403, false],
  [404, false],
  [503, false],
])("an answer of %d that lasts: %s", (status, lasts) => {
  expect(faultIn(answer({ status }), file, asked)).toMatchObject({ lasts });
});

const failed = (code: string) => Object.assign(new Error("it failed"), { code });

test.each([
  { error: new Error("Bad response: 403"), lasts: true, words: "NO_PROXY" },
  { error: new Error("Bad response: 407"), lasts: true, words: "HTTPS_PROXY" },
  { error: new Error("Bad response: 502"), lasts: false, words: "does not answer" },
  { error: failed("SELF_SIGNED_CERT_IN_CHAIN"), lasts: true, words: "NODE_EXTRA_CA_CERTS" },
  { error: failed("CERT_HAS_EXPIRED"), lasts: true, words: "does not trust. it failed." },
  // An edge that has not been told of a domain yet has another name's.
  { error: failed("ERR_TLS_CERT_ALTNAME_INVALID"), lasts: false, words: "does not answer" },
  { error: failed("ENOTFOUND"), lasts: false, words: "does not answer" },
])("no answer for $error.code $error.message lasts: $lasts", ({ error, lasts, words }) => {
  const fault = unreachable("https://app.example/", error);
  expect(fault.lasts).toBe(lasts);
  expect(fault.why).toContain(words);
});

describe("a site whose edge is behind", () => {
  const scripted = (release: string) =>
    withAdditions(Buffer.from("<head></head><script>go()</script>"), { release, config: null });
  const own = manifestOf("v2", { "index.html": scripted("v2").toString() });
  let server: Server;
  let asked = 0;

  /**
   * It shows v1 for some time, and once after v2; the policy lets fewer scripts run than v2 has.
   */
  beforeAll(async () => {
    server = createServer((_, response) => {
      asked += 1;
      response.setHeader("content-type", TYPE);
      response.setHeader("cache-control", "no-cache");
      response.setHeader("content-security-policy", "script-src 'self'");
      response.end(scripted(asked > 5 && asked !== 11 ? "v2" : "v1"));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
  });
  afterAll(() => server.close());

  test("is warned of once, by the page that was waited for", async () => {
    const context = contextForTests({ clock: { now: () => 0, sleep: async () => {} } });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

    const fault = await faultAt({ url, manifest: own, times: 3, isOurs: true, context });

    expect(fault).toBeUndefined();
    expect(asked).toBe(18);
    expect(context.warnings).toEqual([expect.stringContaining("has 1 scripts inside its HTML")]);
  });
});
