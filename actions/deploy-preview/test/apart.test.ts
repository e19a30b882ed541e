import { addressFor, checkApart } from "../src/apart.ts";

const STORE = "arn:aws:cloudfront::111122223333:key-value-store/a";
const sites = {
  url: "https://{preview}.previews.example.net",
  productionUrl: "https://app.example.com",
  bucket: "previews",
  productionBucket: "production",
  keyValueStore: STORE,
  productionKeyValueStore: `${STORE}b`,
};

test("previews on a domain of their own are apart", () => {
  expect(() => checkApart(sites)).not.toThrow();
  expect(() => checkApart({ ...sites, productionBucket: undefined })).not.toThrow();
});

test.each([
  ["on production's domain", { url: "https://{preview}.previews.example.com" }],
  ["below production itself", { url: "https://{preview}.app.example.com" }],
  [
    "on a domain of two parts, as production",
    { url: "https://{preview}.example.co.uk", productionUrl: "https://example.co.uk" },
  ],
  ["on what is no domain", { url: "https://{preview}.ck" }],
  ["in production's bucket", { bucket: "production" }],
  ["in production's store", { keyValueStore: `${STORE}b` }],
])("previews %s are refused", (_, over) => {
  expect(() => checkApart({ ...sites, ...over })).toThrow(
    expect.objectContaining({ code: "preview-not-apart" }),
  );
});

test("hosts of a company's suffix are as far apart as domains", () => {
  const over = {
    url: "https://{preview}.previews.github.io",
    productionUrl: "https://nexus.github.io",
  };
  expect(() => checkApart({ ...sites, ...over })).not.toThrow();
});

test("a preview's address has its name for the first label", () => {
  expect(addressFor(sites.url, "pr-7")).toBe("https://pr-7.previews.example.net");
});
