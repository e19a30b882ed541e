import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { EdgeFunction, type FunctionEvent } from "../../src/edge/function.ts";
import { KeyValueStore } from "../../src/edge/key-value-store.ts";

const TEMPLATE = join(import.meta.dirname, "../../../../actions/deploy-ui/template.yml");

test.each([
  ["eval", 'eval("1")'],
  ["new Function", 'new Function("return 1")()'],
  ["timers", "setTimeout(() => {}, 1)"],
  ["fetch", 'fetch("https://example.com")'],
  ["require", 'require("fs")'],
  ["the process", "process.env.HOME"],
  ["WebAssembly", "new WebAssembly.Memory({ initial: 1 })"],
])("a function that uses %s fails as it runs", async (_, code) => {
  const result = await run(`function handler(event) { ${code}; return event.request; }`);

  expect(result).toMatchObject({ kind: "failed", how: "FunctionExecutionError" });
});

test.each([
  ["destructuring", "const { request } = event;", "ObjectPattern"],
  ["for-of", "for (const it of [1]) it;", "ForOfStatement"],
  ["optional chaining", "event?.request;", "ChainExpression"],
  ["a default", "event ?? 1;", "\\?\\?"],
  ["a class", "class It {}", "ClassDeclaration"],
])("code with %s is not taken", (_, code, named) => {
  const make = () => new EdgeFunction("it", `function handler(event) { ${code} }`);

  expect(make).toThrow(new RegExp(named));
});

test("other modules than CloudFront's are not taken", () => {
  expect(() => new EdgeFunction("it", 'import fs from "fs";\nfunction handler() {}')).toThrow(/fs/);
});

test("a function over 10 KB is not taken", () => {
  expect(() => new EdgeFunction("it", `// ${"x".repeat(10_240)}\nfunction handler() {}`)).toThrow(
    /10240 are allowed/,
  );
});

test.each([
  ["nothing", "undefined"],
  ["a status that is none", "{ statusCode: 99 }"],
  ["a path without a slash", "{ uri: 'x', headers: {} }"],
  ["a header in capitals", "{ statusCode: 200, headers: { Location: { value: '/' } } }"],
])("a function that returns %s fails", async (_, value) => {
  expect(await run(`function handler() { return ${value}; }`)).toMatchObject({
    kind: "failed",
    how: "FunctionValidationError",
  });
});

test("nothing is left from one run to the next", async () => {
  const code = "let runs = 0; function handler() { runs++; return { statusCode: 200 + runs }; }";
  const it = new EdgeFunction("it", code);

  for (let time = 0; time < 2; time += 1) {
    expect(await it.run(event("/"), 0)).toMatchObject({ response: { statusCode: 201 } });
  }
});

test("a key is read as text or JSON; one that is not there rejects", async () => {
  const code = (get: string) => `import cf from "cloudfront";
    async function handler() { return { statusCode: 200, body: JSON.stringify(await ${get}) }; }`;
  const store = new KeyValueStore("arn:aws:cloudfront::1:key-value-store/1", () => [0]);
  store.change({ puts: [{ Key: "a", Value: '{"b":1}' }], deletes: [] }, store.etag);
  const answer = (get: string) => new EdgeFunction("it", code(get), store).run(event("/"), 0);

  expect(await answer('cf.kvs().get("a")')).toMatchObject({ response: { body: '"{\\"b\\":1}"' } });
  expect(await answer('cf.kvs().get("a", { format: "json" })')).toMatchObject({
    response: { body: '{"b":1}' },
  });
  expect(await answer('cf.kvs().exists("b")')).toMatchObject({ response: { body: "false" } });
  expect(await answer('cf.kvs().get("b")')).toMatchObject({ how: "FunctionExecutionError" });
});

describe("the function of the sites' template", () => {
  const live = { version: 1, release: "r1", shared: ["/assets/"], own: [] };

  test.each([
    ["nothing", undefined],
    ["no JSON", "{"],
    ["another version", JSON.stringify({ ...live, version: 2 })],
  ])("answers 503 while %s is live", async (_, value) => {
    expect(await routed("/", value)).toMatchObject({ response: { statusCode: 503 } });
  });

  test("leads into what is live, and leaves the query alone", async () => {
    expect(await routed("/pools", JSON.stringify(live))).toMatchObject({
      request: { uri: "/releases/r1/index.html", querystring: { a: { value: "1" } } },
    });
  });

  describe("of previews", () => {
    const host = "pr-7.previews.example.net";
    const shown = JSON.stringify({ ...live, release: "pr-7-1-1", shared: [], isolated: true });

    test("leads into the preview that the host names", async () => {
      const given = { key: "pr-7", host };
      expect(await routed("/assets/index-BCDf1234.js", shown, given)).toMatchObject({
        request: { uri: "/releases/pr-7-1-1/assets/index-BCDf1234.js" },
      });
    });

    test.each([
      ["is not there", "pr-8.previews.example.net"],
      ["is none", "www.previews.example.net"],
      ["has a release's name", "live.previews.example.net"],
    ])("answers 404 for one that %s", async (_, host) => {
      const { response } = (await routed("/", shown, { key: "pr-7", host })) as {
        response: { statusCode: number };
      };
      expect(response.statusCode).toBe(404);
      expect(await routed("/", shown, { key: "live", host })).toMatchObject({
        response: { statusCode: 404 },
      });
    });
  });

  async function routed(
    uri: string,
    value: string | undefined,
    { key, host }: { key: string; host?: string } = { key: "live" },
  ) {
    const store = new KeyValueStore("arn:aws:cloudfront::1:key-value-store/1", () => [0]);
    if (value !== undefined) {
      store.change({ puts: [{ Key: key, Value: value }], deletes: [] }, store.etag);
    }
    const { Resources } = parse(await readFile(TEMPLATE, "utf8"), { logLevel: "silent" });
    const [, [code]] = Resources.Route.Properties.FunctionCode;
    const whole = `${code}\nconst SERVES_PREVIEWS = ${host !== undefined};`;
    const asked = event(uri);
    if (host) asked.request.headers.host = { value: host };
    return new EdgeFunction("route", whole, store).run(asked, 0);
  }
});

function run(code: string) {
  return new EdgeFunction("it", code).run(event("/"), 0);
}

function event(uri: string): FunctionEvent {
  const querystring = { a: { value: "1" } };
  return {
    version: "1.0",
    context: {
      ...{ distributionDomainName: "d1.cloudfront.net", distributionId: "E1" },
      ...{ eventType: "viewer-request", requestId: "1" },
    },
    viewer: { ip: "127.0.0.1" },
    request: { method: "GET", uri, querystring, headers: {}, cookies: {} },
  };
}
