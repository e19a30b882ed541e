import { proxyFor } from "../src/network.ts";

const proxy = "http://proxy.example:3128";

test.each([
  { url: "https://a.example", env: { HTTPS_PROXY: proxy }, expected: proxy },
  { url: "https://a.example", env: { https_proxy: proxy }, expected: proxy },
  { url: "https://a.example", env: {}, expected: undefined },
  { url: "https://a.example", env: { HTTPS_PROXY: "" }, expected: undefined },
  { url: "https://a.example", env: { HTTPS_PROXY: "proxy.example:3128" }, expected: proxy },
  { url: "http://a.example", env: { HTTPS_PROXY: proxy }, expected: undefined },
  { url: "http://a.example", env: { HTTP_PROXY: proxy }, expected: proxy },
])("$url goes through $expected with $env", ({ url, env, expected }) => {
  expect(proxyFor(new URL(url), { ...env })).toBe(expected);
});

test.each([
  { url: "https://a.example", except: "*", direct: true },
  { url: "https://a.example", except: "a.example", direct: true },
  { url: "https://A.example", except: "a.EXAMPLE", direct: true },
  { url: "https://x.a.example", except: "a.example", direct: true },
  { url: "https://xa.example", except: "a.example", direct: false },
  { url: "https://x.internal.example", except: "localhost,.internal.example", direct: true },
  { url: "https://x.internal.example", except: "localhost *.internal.example", direct: true },
  { url: "https://other.example:8443", except: "other.example:443", direct: false },
  { url: "https://other.example", except: "other.example:443", direct: true },
  { url: "http://other.example", except: "other.example:80", direct: true },
  { url: "http://127.0.0.1:8545", except: "127.0.0.1", direct: true },
  { url: "http://[::1]:8545", except: "::1", direct: true },
  { url: "http://[::1]:8545", except: "[::1]:8545", direct: true },
  { url: "http://[::1]:8545", except: "[::1]:80", direct: false },
  { url: "https://a.example", except: " , ,", direct: false },
  { url: "https://a.example", except: ".", direct: false },
])("with NO_PROXY=$except, $url is reached directly: $direct", ({ url, except, direct }) => {
  const env = { HTTPS_PROXY: proxy, HTTP_PROXY: proxy, NO_PROXY: except };

  expect(proxyFor(new URL(url), env) === undefined).toBe(direct);
});

test.each(["socks5://user:hunter2@proxy.example", "http://user:hunter2@proxy.example:port"])(
  "a proxy that cannot be used is named without its password",
  (bad) => {
    const find = () => proxyFor(new URL("https://a.example"), { HTTPS_PROXY: bad });

    expect(find).toThrow(expect.objectContaining({ code: "bad-proxy" }));
    expect(find).not.toThrow("hunter2");
  },
);
