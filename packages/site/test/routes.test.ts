import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { movedTo, route } from "../src/edge/route.js";
import { liveText, readLive } from "../src/live.ts";
import {
  type Asked,
  addressOf,
  hiddenPages,
  isolatedRoutes,
  isSharedPath,
  routesOf,
} from "../src/routes.ts";

const asked: Asked = { immutable: undefined, perRelease: [], routing: "single-page" };

test("folders of builders are shared where the build has them", () => {
  const paths = ["index.html", "assets/a-BCDf1234.js", "_astro/b.BCDf1234.css"];
  expect(routesOf(paths, asked, undefined).shared).toEqual(["/_astro/", "/assets/"]);
});

test("what the live release shares stays shared: its open pages ask for it", () => {
  const live = {
    shared: ["/static/"],
    own: ["/static/old-BCDf1234.js"],
    routing: "files",
  } as const;
  const routes = routesOf(["assets/a-BCDf1234.js"], asked, {
    ...live,
    shared: ["/static/"],
    own: [],
  });
  expect(routes).toEqual({
    ...{ shared: ["/assets/", "/static/"], code: true, own: [], routing: "single-page" },
  });
});

test("an input replaces the known folders", () => {
  const routes = routesOf(["assets/a.js"], { ...asked, immutable: ["/build/"] }, undefined);
  expect(routes).toMatchObject({ shared: ["/build/"] });
  expect(routes).not.toHaveProperty("code");
});

test.each([
  ["a b.js", "/a%20b.js"],
  ["ü.js", "/%C3%BC.js"],
  ["a#b?c%d.js", "/a%23b%3Fc%25d.js"],
  ["[slug]/page.js", "/[slug]/page.js"],
])("%s is asked for as %s", (path, address) => {
  expect(addressOf(path)).toBe(address);
});

const segment = fc.string({ unit: fc.constantFrom(..."ab-_.# %üB1"), minLength: 1, maxLength: 14 });
const isName = (name: string) => !/^\.+$/.test(name);

const ENDINGS = [".js", "-BCDf1234.js", "", ".glb", ".eth", ".", ".ü", ".WASM"];

test("the edge finds each file where the release has put it, whatever it is called", () => {
  const folders = fc.constantFrom("assets", "_next/static", "docs", ".well-known");
  const names = fc.array(segment.filter(isName), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(
      folders,
      names,
      fc.constantFrom(...ENDINGS),
      fc.boolean(),
      (...[folder, segments, ending, isFiles]) => {
        const path = [folder, ...segments].join("/") + ending;
        const routing = isFiles ? "files" : "single-page";
        const routes = routesOf([path], { ...asked, routing }, undefined);
        const at = isSharedPath(path, routes) ? path : `releases/v1/${path}`;
        const live = readLive(liveText({ release: "v1", routes }));
        expect(route(addressOf(path), live)).toBe(addressOf(at).replaceAll("+", "%2B"));
        expect(movedTo(addressOf(path), live)).toBeNull();
      },
    ),
    chance(),
  );
});

describe("files that the edge has to be told of", () => {
  test("are those without an extension, of which nobody can tell by their names", () => {
    const paths = ["index.html", ".well-known/apple-app-site-association", "_redirects"];
    expect(routesOf(paths, asked, undefined)).toMatchObject({
      own: ["/.well-known/apple-app-site-association", "/_redirects"],
    });
  });

  test("are those with an extension that is not common", () => {
    const paths = ["index.html", "a.js", "model.GLB", "b.glb", "data.bin"];
    expect(routesOf(paths, asked, undefined).endings).toEqual(["bin", "glb"]);
  });
});

describe("pages of their own", () => {
  const files = { ...asked, routing: "files" } as const;
  const routes = (...paths: string[]) =>
    routesOf(["index.html", "404.html", ...paths], files, undefined);

  test("are files where most of them are", () => {
    expect(routes("about.html", "blog/one.html", "docs/index.html")).toMatchObject({
      ...{ routing: "files", others: ["/docs"] },
    });
  });

  test("are folders where most of them are", () => {
    expect(routes("about/index.html", "docs/index.html", "google1234.html")).toMatchObject({
      ...{ routing: "folders", others: ["/google1234"] },
    });
  });

  test("can be both where there are too many exceptions for the edge", () => {
    const many = Array.from({ length: 60 }, (_, at) => [`a${at}.html`, `b${at}/index.html`]).flat();
    expect(routes(...many, "c.html")).toMatchObject({ routing: "files" });
    expect(routes(...many, "c.html")).not.toHaveProperty("others");
  });
});

test.each([
  ["docs/index.html"],
  ["about.html", "blog.html", "404/index.html"],
  ["a.html", "b.html", "c.html"],
])("pages of their own that a single page would hide are told: %s", (...paths) => {
  expect(hiddenPages(["index.html", ...paths], "single-page")).toContain(paths[0]);
  expect(hiddenPages(["index.html", ...paths], "files")).toBeUndefined();
});

test("a single page hides nothing by what tools and search engines put beside it", () => {
  const paths = ["index.html", "404.html", "200.html", "iframe.html", "google1234.html", "a/b.js"];
  expect(hiddenPages(paths, "single-page")).toBeUndefined();
});

test("a build that is isolated shares nothing, whatever its files are called", () => {
  const paths = ["index.html", "docs/index.html", "CNAME"];
  const routes = isolatedRoutes(paths, { perRelease: ["/.well-known/a b"], routing: "files" });
  expect(routes).toEqual({
    shared: [],
    own: ["/.well-known/a%20b", "/CNAME"],
    ...{ routing: "folders", others: [] },
    isolated: true,
  });
  expect(isSharedPath("assets/index-BCDf1234.js", routes)).toBe(false);
  expect(isSharedPath("config.0123456789abcdef.json", routes)).toBe(false);
});
