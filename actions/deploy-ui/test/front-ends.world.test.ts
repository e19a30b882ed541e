import { createHash } from "node:crypto";
import { type Build, openStudio, type Studio, type TestSite } from "./studio.ts";

let studio: Studio;
let site: TestSite;

beforeAll(async () => {
  studio = await openStudio();
});
beforeEach(async () => {
  site = await studio.site();
});
afterAll(() => studio?.world[Symbol.asyncDispose]());

/** What an address answers with: the file of the build, another address, or a status. */
type Answers = Record<string, string | number>;

type FrontEnd = { name: string; routing: "files" | "single-page"; files: string; answers: Answers };

/** The builds' own names, as each tool writes them today. */
const frontEnds: FrontEnd[] = [
  {
    name: "Next 16, exported",
    routing: "files",
    files: `
      404.html _not-found.html index.html index.txt about.html about.txt about/__next._tree.txt
      blog/hello-world.html blog/v1.0.html blog/v1.0/__next.blog.$d$slug.__PAGE__.txt
      _next/static/3Rdh8QSnROnRnLaZe5-dO/_buildManifest.js
      _next/static/chunks/0dzkqmip-h3q9.js _next/static/chunks/0nxek-msk1km_.css.map
      _next/static/chunks/turbopack-0zq_vp9s-5ndp.js _next/static/media/4cf2300e9c8272f7-s.p.woff2
      .well-known/apple-app-site-association _redirects robots.txt`,
    answers: {
      "/": "index.html",
      "/about": "about.html",
      "/about/": "→ /about",
      "/about.txt?_rsc=1": "about.txt",
      "/blog/hello-world": "blog/hello-world.html",
      "/blog/v1.0": "blog/v1.0.html",
      "/.well-known/apple-app-site-association": ".well-known/apple-app-site-association",
      "/_next/static/chunks/0dzkqmip-h3q9.js": "_next/static/chunks/0dzkqmip-h3q9.js",
      "/nothing": 404,
    },
  },
  {
    name: "Next 16, exported with slashes",
    routing: "files",
    files: `
      404.html 404/index.html _not-found/index.html index.html index.txt about/index.html
      about/index.txt blog/v1.0/index.html _next/static/chunks/2v8dj2uej4-bc.js`,
    answers: {
      "/": "index.html",
      "/about/": "about/index.html",
      "/about?a=1&b=%20&c": "→ /about/?a=1&b=%20&c",
      "/blog/v1.0": "→ /blog/v1.0/",
      "/blog/v1.0/": "blog/v1.0/index.html",
    },
  },
  {
    name: "Astro 7",
    routing: "files",
    files: `
      404.html index.html about/index.html docs/v1.2/index.html rss.xml google1234.html
      _astro/index.astro_astro_type_script_index_0_lang.xZz-vLKa.js _astro/x.CnAkKN3G.js`,
    answers: {
      "/": "index.html",
      "/about": "→ /about/",
      "/about/": "about/index.html",
      "/docs/v1.2/": "docs/v1.2/index.html",
      "/google1234.html": "google1234.html",
      "/google1234": "google1234.html",
      "/rss.xml": "rss.xml",
      "/nothing/": 404,
    },
  },
  {
    name: "SvelteKit 3, static",
    routing: "files",
    files: `
      index.html about.html service-worker.js _app/version.json
      _app/immutable/chunks/4agChM4x.js _app/immutable/chunks/tRnqGRsh.js
      _app/immutable/nodes/0.C26RSmlJ.js _app/immutable/entry/start.BdJO9aKK.js`,
    answers: {
      "/about": "about.html",
      "/about/": "→ /about",
      "/service-worker.js": "service-worker.js",
      "/_app/version.json": "_app/version.json",
    },
  },
  {
    name: "Create React App",
    routing: "single-page",
    files: `
      index.html asset-manifest.json manifest.json robots.txt logo192.png model.glb CNAME
      static/js/main.8f3a2b1c.js static/js/main.8f3a2b1c.js.map static/css/main.073c9b0a.css
      static/js/787.c4e7f8f9.chunk.js static/media/logo.6ce24c58023cc2f8fd88fe9d219db6c6.svg`,
    answers: {
      "/pools/eth": "index.html",
      "/pools/": "index.html",
      "/names/alice.eth": "index.html",
      "/model.glb": "model.glb",
      "/CNAME": "CNAME",
      "/gone.png": 404,
      "/static/js/main.8f3a2b1c.js.map": "static/js/main.8f3a2b1c.js.map",
    },
  },
  {
    name: "Angular 20, with its service worker",
    routing: "single-page",
    files: `
      index.html main-5ZXBPTHK.js chunk-YWQ2BSGA.js polyfills-FFHMD2TL.js styles-5INURTSO.css
      media/roboto-LQMHWZUP.woff2 ngsw.json ngsw-worker.js safety-worker.js favicon.ico
      assets/environment-production.json assets/icons/icon-192x192.png`,
    answers: {
      "/orders/7": "index.html",
      "/token/0x00.eth": "index.html",
      "/chunk-YWQ2BSGA.js": "chunk-YWQ2BSGA.js",
      "/media/roboto-LQMHWZUP.woff2": "media/roboto-LQMHWZUP.woff2",
      "/ngsw.json?ngsw-cache-bust=0.1": "ngsw.json",
    },
  },
  {
    name: "Docusaurus 3, in two languages",
    routing: "files",
    files: `
      404.html index.html docs/intro/index.html docs/1.0.0/intro/index.html search/index.html
      fr/index.html fr/404.html fr/docs/intro/index.html fr/assets/js/main.1a2b3c4d.js
      assets/js/main.8f3a2b1c.js assets/js/17896441.4c41e0a2.js assets/css/styles.0ac62b0e.css
      opensearch.xml sitemap.xml`,
    answers: {
      "/docs/1.0.0/intro": "→ /docs/1.0.0/intro/",
      "/fr/docs/intro/": "fr/docs/intro/index.html",
      "/fr": "→ /fr/",
      "/search/?q=a": "search/index.html",
      "/docs/intro/index.html": "docs/intro/index.html",
      "/fr/assets/js/main.1a2b3c4d.js": "fr/assets/js/main.1a2b3c4d.js",
    },
  },
];

/** What each file says is its own name. */
function contentsOf(files: string): Build {
  const paths = files.trim().split(/\s+/);
  return Object.fromEntries(
    paths.map((path) => [path, path.endsWith(".html") ? `<head></head>${path}` : path]),
  );
}

async function answerOf(address: string): Promise<string | number> {
  const answer = await fetch(site.url + address, { redirect: "manual" });
  const text = (await answer.text()).replace(/^<head>.*<\/head>/, "");
  if (answer.status === 308) return `→ ${answer.headers.get("location")}`;
  return answer.status === 200 ? text : answer.status;
}

describe.each(frontEnds)("$name", ({ routing, files, answers }) => {
  test("is found under the addresses that its users know", async () => {
    await site.release("v1", contentsOf(files), { routing });

    const found: Answers = {};
    for (const address of Object.keys(answers)) found[address] = await answerOf(address);

    expect(found).toEqual(answers);
  });

  test("lets pages of an earlier release have all the files that they name", async () => {
    const hashed =
      /^((_next\/static|_app\/immutable|_astro|static|(fr\/)?assets\/js)\/|(main|chunk|styles)-)/;
    const build = contentsOf(files);
    const others = Object.entries(build).filter(([path]) => !hashed.test(path));
    await site.release("v1", build, { routing });
    await site.release("v2", Object.fromEntries(others), { routing });

    const gone = Object.keys(build).filter((path) => hashed.test(path));
    expect(gone.length).toBeGreaterThan(0);
    for (const path of gone) expect(await answerOf(`/${path}`)).toBe(path);
  });
});

test("a service worker's list and the pages that it is of say the same", async () => {
  const page = "<!doctype html><head></head>";
  const list = (html: string) =>
    `[{url:"index.html",revision:"${createHash("md5").update(html).digest("hex")}"}]`;
  await site.release("v1", { "index.html": page, "sw.js": list(page) }, { config: '{"a":1}' });

  const served = (await site.page("/index.html")).text;
  expect(served).toContain("playbook-config");
  expect((await site.page("/sw.js")).text).toBe(list(served));
});

test("pages that a single page hides are warned of", async () => {
  const build = contentsOf("index.html about/index.html");
  const { context } = await site.release("v1", build);
  expect(context.warnings).toEqual([expect.stringContaining("about/index.html")]);
});

test("a fallback page of another name than index.html is told what to call it", async () => {
  const build = { "200.html": "<head></head>", "_app/version.json": "{}" };
  await expect(site.release("v1", build)).rejects.toMatchObject({
    code: "index-missing",
    why: expect.stringContaining("200.html"),
  });
});

test("a page whose scripts the site's policy keeps from running is released with a warning", async () => {
  const page = "<head></head><script>start()</script><script>go()</script>";
  const { context } = await site.release("v1", { "index.html": page });
  expect(context.warnings).toEqual([expect.stringContaining("has 2 scripts inside its HTML")]);

  const lax = await studio.site({}, { ScriptSources: "'self' 'unsafe-inline'" });
  const { context: quiet } = await lax.release("v1", { "index.html": page });
  expect(quiet.warnings).toEqual([]);
});

test("a page that may not ask what its configuration names is released with a warning", async () => {
  const config = '{"subgraph":"https://graph.example/subgraphs/name/nexus"}';
  const strict = await studio.site({}, { ConnectSources: "https://rpc.example" });
  const { context } = await strict.release("v1", { "index.html": "<head></head>" }, { config });
  expect(context.warnings).toEqual([
    expect.stringMatching("ConnectSources.* https://rpc.example https://graph.example."),
  ]);

  const { context: quiet } = await site.release(
    "v1",
    { "index.html": "<head></head>" },
    { config },
  );
  expect(quiet.warnings).toEqual([]);
});
