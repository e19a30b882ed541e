import { cacheOf, cacheRules } from "../src/cache.ts";

const HTML = "text/html; charset=utf-8";

test("what no rule names is asked for again each time", () => {
  expect(cacheOf("favicon.ico", "image/x-icon", [])).toBe("no-cache");
});

test.each([
  ["*.pdf", "docs/terms.pdf", true],
  ["*.pdf", "terms.pdf.html", false],
  ["img/*", "img/logo.png", true],
  ["/img/*", "img/logo.png", true],
  ["img/*", "img/icons/logo.png", false],
  ["img/**", "img/icons/logo.png", true],
  ["img/*", "docs/img/logo.png", false],
  ["robots.txt", "robots.txt", true],
  ["robots.txt", "robotsxtxt", false],
])("the pattern %s is for %s: %s", (pattern, path, fits) => {
  const rules = [{ pattern, value: "max-age=60" }];
  expect(cacheOf(path, "application/pdf", rules)).toBe(fits ? "max-age=60" : "no-cache");
});

test("the first rule that fits counts, and pages have none", () => {
  const rules = cacheRules.parse("*.png=max-age=1\n*=public, max-age=2");
  expect(cacheOf("a.png", "image/png", rules)).toBe("max-age=1");
  expect(cacheOf("a.svg", "image/svg+xml", rules)).toBe("public, max-age=2");
  expect(cacheOf("index.html", HTML, rules)).toBe("no-cache");
});

test.each(["*.png", "=max-age=1", "*.png=max-age=1\u0007"])("%j is no rule", (line) => {
  expect(cacheRules.safeParse(line).success).toBe(false);
});
