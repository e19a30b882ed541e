import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Browser, startBrowser, type Tab } from "../src/index.ts";

let server: Server;
let browser: Browser;
let asked: string[];

const POLICY = "default-src 'self'; script-src 'self'; connect-src 'self' https://api.example";

/** Two hosts, on one server: a page with its script, and what the script asks for. */
beforeAll(async () => {
  server = createServer(({ headers, url = "" }, response) => {
    asked.push(`${headers.host}${url}`);
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("content-security-policy", POLICY);
    response.setHeader("cache-control", "public, max-age=3600");
    if (url === "/app.js") response.setHeader("content-type", "text/javascript");
    if (url === "/") response.setHeader("content-type", "text/html");
    const script = `const answer = await fetch("https://api.example/title");
      document.querySelector("p").textContent = await answer.text();`;
    const known: Record<string, string> = {
      "/": '<script type="module" src="/app.js"></script><p>Hello',
      "/app.js": script,
      "/title": "told",
    };
    response.writeHead(known[url] === undefined ? 404 : 200).end(known[url]);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await startBrowser({ hosts: { "app.example": url, "api.example": url } });
});
beforeEach(() => {
  asked = [];
});
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  server.close();
});

/** Opens the page and sees what its script was told. */
async function see({ page }: Tab): Promise<void> {
  await page.goto("https://app.example/");
  await page.getByText("told").waitFor();
}

test("a page is shown from the hosts that the world has, and says what it asked for", async () => {
  await using tab = await browser.open();

  await see(tab);

  expect(asked).toEqual(["app.example/", "app.example/app.js", "api.example/title"]);
  const requests = await tab.requests();
  expect(requests.map(({ kind, url, status }) => `${kind} ${url} ${status}`)).toEqual([
    "document https://app.example/ 200",
    "script https://app.example/app.js 200",
    "fetch https://api.example/title 200",
  ]);
  expect(requests[2]?.body?.toString()).toBe("told");
  expect(tab.complaints()).toEqual([]);
});

test("a tab keeps what it was given, and another one knows nothing of it", async () => {
  await using one = await browser.open();
  await using other = await browser.open();

  for (const tab of [one, one, other]) await see(tab);

  expect(asked.filter((what) => what === "app.example/app.js")).toHaveLength(2);
});

test("what a developer would see in red is told", async () => {
  await using tab = await browser.open();
  await see(tab);

  await tab.page.evaluate(`(async () => {
    await fetch("/nothing");
    await fetch("https://other.example/").catch(() => {});
    const script = document.createElement("script");
    script.textContent = "1";
    document.body.append(script);
    setTimeout(() => { throw new Error("thrown") });
  })()`);

  for (const part of [
    "status: https://app.example/nothing: 404",
    "console: violation of connect-src: https://other.example/",
    "console: violation of script-src-elem: inline",
    "error: thrown",
  ]) {
    while (!tab.complaints().some((one) => one.startsWith(part))) await sleep(20);
  }
});

test("nothing outside is reached: not another host, not this machine, not by http", async () => {
  await using tab = await browser.open();
  const { port } = server.address() as AddressInfo;

  for (const url of [
    "https://outside.example/",
    "http://app.example/",
    `http://127.0.0.1:${port}/`,
    `http://localhost:${port}/`,
  ]) {
    await tab.page.goto(url).catch(() => {});
  }

  expect(asked).toEqual([]);
  const hosts = new Set(browser.reached().map((host) => host.replace(/:443$/, "")));
  expect([...hosts].sort()).toEqual(["api.example", "app.example", "outside.example"]);
});

/** Whether any process of this machine has its home there. */
function isHome(folder: string): boolean {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.some((pid) => environmentOf(pid).split("\0").includes(`HOME=${folder}`));
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return "";
  }
}

test("a browser leaves nothing behind when its owner is killed", async () => {
  const script = fileURLToPath(new URL("./fixtures/browser.ts", import.meta.url));
  const owner = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  const [folder] = (await once(createInterface(owner.stdout), "line")) as [string];
  expect(isHome(folder)).toBe(true);

  owner.kill("SIGKILL");

  while (existsSync(folder) || isHome(folder)) await sleep(20);
});
