import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { isShared, type Live, movedTo, route } from "../src/edge/route.js";

const live: Live = {
  version: 1,
  release: "r2",
  shared: ["/assets/", "/_next/static/", "/_app/immutable/", "/_astro/", "/_nuxt/"],
  own: [],
};

describe("a file is shared that is named after its content", () => {
  test.each([
    "/assets/index-BCDf1234.js",
    "/assets/index-B_D-12_4.js",
    "/assets/index-BCDf1234.js.map",
    "/assets/deep/index.BCDf1234.css",
    "/assets/main.8f3a2b1c.chunk.js",
    "/assets/%C3%BCber%20uns-BCDf1234.woff2",
    "/_next/static/css/8f3a2b1c4d5e6f70.css",
    "/_next/static/chunks/C_a-x1Yz.js",
    // What Next and SvelteKit keep for ever, whatever its name looks like.
    "/_next/static/chunks/0dzkqmip-h3q9.js",
    "/_next/static/chunks/0nxek-msk1km_.css.map",
    "/_app/immutable/nodes/0.ab.js",
    "/_astro/hero.DKx-Ux9h_z1abcd.webp",
    "/_nuxt/builds/meta/1b4e28ba-2fa1-41d2-883f-0016d3cca427.json",
    "/assets/DkXx1234.js",
    "/assets/hero-DKx-Ux9H_Z1aBcD.webp",
    "/config.0123456789abcdef.json",
  ])("%s is", (path) => {
    expect(isShared(path, live)).toBe(true);
    expect(route(path, live)).toBe(path);
  });

  test.each([
    ["has no such name", "/assets/logo.svg"],
    ["is named by a word", "/assets/background.png"],
    ["is named by words", "/assets/hero-background.png"],
    ["is named by words of eight letters", "/assets/press-overview.svg"],
    ["is named by a word that begins with a capital", "/assets/i18n-Contract.json"],
    ["is a list of Flutter", "/assets/AssetManifest.bin.json"],
    ["says how large it is", "/assets/apple-touch-icon-180x180.png"],
    ["says when it was", "/assets/screenshot-2024-01-05.png"],
    ["is a token's", "/assets/0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48.png"],
    ["has too short a name", "/assets/index-BCDf123.js"],
    ["has no extension", "/assets/index-BCDf1234"],
    ["lies elsewhere", "/index-BCDf1234.js"],
    ["lies below a name that S3 reads otherwise", "/a+b/index-BCDf1234.js"],
    ["is a configuration of another length", "/config.0123456789abcde.json"],
    ["lies elsewhere, named alike", "/my/assets/index-BCDf1234.js"],
  ])("one that %s is the release's own", (_, path) => {
    expect(isShared(path, live)).toBe(false);
  });

  // Angular, Gatsby, Parcel, Vue, Umi, a locale of Docusaurus, a PWA of Vite.
  test.each([
    "/main-5ZXBPTHK.js",
    "/chunk-YWQ2BSGA.js.map",
    "/styles-5INURTSO.css",
    "/component---src-pages-index-tsx-8f3a2b1c4d5e6f708f3a.js",
    "/index.8f3a2b1c.js",
    "/js/about.8f3a2b1c.js",
    "/p__index.8f3a2b1c.async.js",
    "/fr/assets/js/main.8f3a2b1c.js",
    "/app/assets/About-BmgkEQxx.js",
    "/workbox-2178cfdb.js",
  ])("code is that has such a name without doubt, wherever it lies: %s", (path) => {
    expect(isShared(path, { ...live, code: true })).toBe(true);
    expect(isShared(path, live)).toBe(path.startsWith("/assets/"));
  });

  test.each([
    "/sw.js",
    "/ngsw-worker.js",
    "/firebase-messaging-sw.js",
    "/precache-manifest.8f3a2b1c4d5e6f708f3a2b1c4d5e6f70.js",
    "/vendor/jquery-3.7.1.min.js",
    "/js/web-polyfill.js",
    "/js/noble-secp256k1.js",
    "/BCDf1234.js",
    "/blog/release-8f3a2b1c.html",
    "/page-data/sq/d/3649515864.json",
    "/tokens/list-8f3a2b1c.json",
  ])("what is no such code is the release's own: %s", (path) => {
    expect(isShared(path, { ...live, code: true })).toBe(false);
  });

  test("one that the release claims is the release's own", () => {
    const path = "/assets/index-BCDf1234.js";

    expect(route(path, { ...live, own: [path] })).toBe(`/releases/r2${path}`);
  });
});

test.each([
  ["/", "/releases/r2/index.html"],
  ["", "/releases/r2/index.html"],
  ["/pools/eth", "/releases/r2/index.html"],
  ["/pools/", "/releases/r2/index.html"],
  ["/favicon.ico", "/releases/r2/favicon.ico"],
  ["/about.html", "/releases/r2/about.html"],
  ["/assets/logo.svg", "/releases/r2/assets/logo.svg"],
  ["/a%20b/%C3%BC.png", "/releases/r2/a%20b/%C3%BC.png"],
  ["/names/alice.eth", "/releases/r2/index.html"],
  ["/pools/v1.2", "/releases/r2/index.html"],
  ["/model.glb", "/releases/r2/model.glb"],
  ["/gone.JS", "/releases/r2/gone.JS"],
])("with one page, %s is answered by %s", (path, key) => {
  expect(route(path, { ...live, endings: ["glb"] })).toBe(key);
});

test.each([
  ["/", "/releases/r2/index.html"],
  ["/docs/v1.2", "/releases/r2/docs/v1.2.html"],
  ["/docs", "/releases/r2/docs.html"],
  ["/docs/", "/releases/r2/docs/index.html"],
  ["/docs/intro", "/releases/r2/docs/intro.html"],
  ["/logo.svg", "/releases/r2/logo.svg"],
])("with a file for each page, %s is answered by %s", (path, key) => {
  expect(route(path, { ...live, routing: "files" })).toBe(key);
});

test.each([
  ["/", "/releases/r2/index.html"],
  ["/docs", "/releases/r2/docs/index.html"],
  ["/docs/", "/releases/r2/docs/index.html"],
  ["/docs/v1.2", "/releases/r2/docs/v1.2/index.html"],
  ["/google1234", "/releases/r2/google1234.html"],
  ["/google1234.html", "/releases/r2/google1234.html"],
  ["/logo.svg", "/releases/r2/logo.svg"],
])("with a folder for each page, %s is answered by %s", (path, key) => {
  expect(route(path, { ...live, routing: "folders", others: ["/google1234"] })).toBe(key);
});

describe("a page that is asked for with a slash too few or too many", () => {
  const folders: Live = { ...live, routing: "folders", others: ["/google1234"] };
  const files: Live = { ...live, routing: "files", others: ["/docs"] };

  test.each([
    ["/docs", "/docs/"],
    ["/docs/v1.2", "/docs/v1.2/"],
    ["/docs/", null],
    ["/google1234/", "/google1234"],
    ["/google1234", null],
    ["/", null],
    ["/logo.svg", null],
  ])("is where its folder is: %s at %s", (path, to) => {
    expect(movedTo(path, folders)).toBe(to);
  });

  test.each([
    ["/about/", "/about"],
    ["/about", null],
    ["/docs", "/docs/"],
    ["/docs/", null],
  ])("is where its file is: %s at %s", (path, to) => {
    expect(movedTo(path, files)).toBe(to);
  });

  test("stays where it is as long as there can be both, or there is one page", () => {
    for (const path of ["/about", "/about/"]) {
      expect(movedTo(path, { ...live, routing: "files" })).toBeNull();
      expect(movedTo(path, live)).toBeNull();
    }
  });

  test.each(["//evil.example/", "//evil.example", "/\\evil.example/", "/..//evil.example/"])(
    "is not looked for at another host: %s",
    (path) => {
      for (const at of [folders, files]) expect(movedTo(path, at)).toBeNull();
    },
  );
});

test("a file without an extension is reached when the release claims it", () => {
  const path = "/.well-known/apple-app-site-association";

  expect(route(path, { ...live, own: [path] })).toBe(`/releases/r2${path}`);
});

describe("a release that is isolated", () => {
  const alone: Live = { ...live, release: "pr-7-1-1", isolated: true };

  test.each(["/assets/index-BCDf1234.js", "/config.0123456789abcdef.json", "/releases/r1/a.js"])(
    "has %s for itself",
    (path) => {
      expect(isShared(path, alone)).toBe(false);
      expect(route(path, alone)).toBe(`/releases/pr-7-1-1${path}`);
    },
  );
});

describe("whatever the path", () => {
  const segment = fc.oneof(
    fc.constantFrom(
      ".",
      "..",
      "",
      "state",
      "releases",
      "r1",
      "assets",
      "%2e%2E",
      ".%2e",
      "%2Fstate",
    ),
    fc.constantFrom("..%2f..%2fstate", "..\\state", "%5c..", "x-12345678.js", "a.b.c", "%2e"),
    fc.webSegment(),
    fc.string(),
  );
  const paths = fc.array(segment, { maxLength: 6 }).map((parts) => `/${parts.join("/")}`);
  const lives = fc.record({
    version: fc.constant(1 as const),
    release: fc.stringMatching(/^[a-z0-9]{1,12}$/),
    shared: fc.array(
      fc.constantFrom("/", "/a+b/", "/assets/", "/state/", "/releases/", "/static/"),
    ),
    code: fc.constantFrom(undefined, true as const),
    own: fc.array(paths, { maxLength: 2 }),
    routing: fc.constantFrom(undefined, "files" as const, "folders" as const),
    others: fc.option(fc.array(paths, { maxLength: 2 }), { nil: undefined }),
    endings: fc.option(fc.subarray(["c", "js", "glb"]), { nil: undefined }),
  });

  test("it leads into the live release, or to a file that all releases share", () => {
    fc.assert(
      fc.property(paths, lives, (path, at) => {
        const key = route(path, at);

        const isOwn = key.startsWith(`/releases/${at.release}/`);
        expect(isOwn || isShared(key, at)).toBe(true);
      }),
      chance(1_000),
    );
  });

  test("it leads nowhere but into the live release if that is isolated", () => {
    fc.assert(
      fc.property(paths, lives, (path, at) => {
        const key = decoded(route(path, { ...at, isolated: true }));
        expect(key.startsWith(`/releases/${at.release}/`)).toBe(true);
        expect(key.split(/[/\\]/)).not.toContain("..");
      }),
      chance(1_000),
    );
  });

  test("it never leads to the log, to another release or out of the folder", () => {
    fc.assert(
      fc.property(paths, lives, (path, at) => {
        const key = decoded(route(path, at));

        expect(key.split(/[/\\]/)).not.toContain("..");
        expect(key.split(/[/\\]/)).not.toContain(".");
        expect(key).not.toMatch(/^\/+state(\/|$)/);
        if (key.startsWith("/releases/")) expect(key).toMatch(`/releases/${at.release}/`);
      }),
      chance(1_000),
    );
  });

  test("it is moved within the site, and not twice", () => {
    fc.assert(
      fc.property(paths, lives, (path, at) => {
        const to = movedTo(path, at);
        if (to === null) return;
        expect(new URL(to, "https://app.example").host).toBe("app.example");
        expect(movedTo(to, at)).toBeNull();
      }),
      chance(1_000),
    );
  });

  test("what is shared is the same file in every release", () => {
    fc.assert(
      fc.property(paths, lives, (path, at) => {
        const other = { ...at, release: "another" };
        const key = route(path, at);

        if (isShared(key, at)) expect(route(path, other)).toBe(key);
      }),
      chance(1_000),
    );
  });
});

/** As S3 reads it; what is no encoding it leaves alone. */
function decoded(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (code) =>
    String.fromCharCode(Number.parseInt(code.slice(1), 16)),
  );
}
