import { proxyFor } from "../src/network.ts";

const proxy = "http://proxy.example:3128";

test.each([
  { url: "https://a.example", env: { HTTPS_PROXY: proxy }, expected: proxy },
  { url: "https://a.example", env: { https_proxy: proxy }, expected: proxy },
  { url: "http://a.example", env: { HTTPS_PROXY: proxy }, expected: undefined },
  { url: "http://a.example", env: { HTTP_PROXY: proxy }, expected: proxy },
  { url: "https://a.example", env: { HTTPS_PROXY: proxy, NO_PROXY: "*" }, expected: undefined },
  {
    url: "https://x.internal.example",
    env: { HTTPS_PROXY: proxy, NO_PROXY: "localhost,.internal.example" },
    expected: undefined,
  },
  {
    url: "https://other.example:8443",
    env: { HTTPS_PROXY: proxy, NO_PROXY: "other.example:443" },
    expected: proxy,
  },
])("$url goes through $expected with $env", ({ url, env, expected }) => {
  expect(proxyFor(new URL(url), { ...env })).toBe(expected);
});
