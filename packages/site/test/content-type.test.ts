import { contentType } from "../src/content-type.ts";

test.each([
  ["index.html", "text/html; charset=utf-8"],
  ["assets/index-BCDf1234.js", "text/javascript; charset=utf-8"],
  ["assets/index-BCDf1234.mjs", "text/javascript; charset=utf-8"],
  ["assets/index-BCDf1234.js.map", "application/json; charset=utf-8"],
  ["assets/index-BCDf1234.css", "text/css; charset=utf-8"],
  ["data.json", "application/json; charset=utf-8"],
  ["site.webmanifest", "application/manifest+json; charset=utf-8"],
  ["logo.svg", "image/svg+xml; charset=utf-8"],
  ["robots.txt", "text/plain; charset=utf-8"],
  ["sitemap.xml", "text/xml; charset=utf-8"],
  ["PHOTO.JPG", "image/jpeg"],
  ["logo.webp", "image/webp"],
  ["inter.woff2", "font/woff2"],
  ["lib.wasm", "application/wasm"],
  ["favicon.ico", "image/x-icon"],
  [".well-known/apple-app-site-association", "application/json; charset=utf-8"],
  [".well-known/openid-configuration", "application/json; charset=utf-8"],
  [".well-known/atproto-did", "text/plain; charset=utf-8"],
  ["worker.cjs", "text/javascript; charset=utf-8"],
  ["film.m3u8", "application/vnd.apple.mpegurl"],
  ["model.usdz", "model/vnd.usdz+zip"],
  ["LICENSE", "application/octet-stream"],
  ["a.b/unknown", "application/octet-stream"],
])("%s is %s", (path, type) => {
  expect(contentType(path)).toBe(type);
});
