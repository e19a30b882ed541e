import { digestOf } from "@playbook/state";
import { withAdditions } from "../src/html.ts";
import { manifestOf } from "../src/testing.ts";
import { faultIn } from "../src/verify.ts";

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
  expect(faultIn(answer(over), file, asked)).toContain(words);
});

test("a distribution of somebody else's may have its own Cache-Control", () => {
  const over = { headers: { "content-type": TYPE } };
  expect(faultIn(answer(over), file, { ...asked, isOurs: false })).toBeUndefined();
});

test("what is no UTF-8 cannot be compared, and is no fault", () => {
  const script = { ...file, path: "assets/a-12345678.js", digest: digestOf(Buffer.from([0xff])) };
  expect(faultIn(answer({ body: "\ufffd" }), script, asked)).toBeUndefined();
});
