import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { route } from "../src/edge/route.js";
import { type Asked, addressOf, isolatedRoutes, isSharedPath, routesOf } from "../src/routes.ts";

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
  expect(routes).toEqual({ shared: ["/assets/", "/static/"], own: [], routing: "single-page" });
});

test("an input replaces the known folders", () => {
  const routes = routesOf(["assets/a.js"], { ...asked, immutable: ["/build/"] }, undefined);
  expect(routes.shared).toEqual(["/build/"]);
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

test("the edge finds each file where the release has put it", () => {
  const paths = fc.array(segment.filter(isName), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(paths, fc.boolean(), (segments, isHashed) => {
      const path = ["assets", ...segments].join("/") + (isHashed ? "-BCDf1234.js" : ".js");
      const routes = { ...routesOf([path], asked, undefined) };
      const at = isSharedPath(path, routes) ? path : `releases/v1/${path}`;
      const live = { version: 1, release: "v1", shared: routes.shared, own: routes.own } as const;
      expect(route(addressOf(path), live)).toBe(addressOf(at));
    }),
    chance(),
  );
});

test("a build that is isolated shares nothing, whatever its files are called", () => {
  const routes = isolatedRoutes({ perRelease: ["/.well-known/a b"], routing: "files" });
  expect(routes).toEqual({
    shared: [],
    own: ["/.well-known/a%20b"],
    routing: "files",
    isolated: true,
  });
  expect(isSharedPath("assets/index-BCDf1234.js", routes)).toBe(false);
  expect(isSharedPath("config.0123456789abcdef.json", routes)).toBe(false);
});
