import { startWalledNetwork, type WalledNetwork } from "@playbook/world";
import { launch } from "./child.ts";
import { build, openStudio, type Studio, type TestSite } from "./studio.ts";

/** Reserved for documentation: whoever passes the proxy by finds nobody there. */
const AWS = "192.0.2.1";
const TOKENS = "tokens.invalid";
const SITE = "app.invalid";

let studio: Studio;
let site: TestSite;
let wall: WalledNetwork;

beforeAll(async () => {
  studio = await openStudio();
  site = await studio.site();
  const { aws, issuer, world } = studio;
  const hosts = { [AWS]: aws.url, [TOKENS]: issuer.url, [SITE]: site.url };
  wall = await startWalledNetwork({ dir: world.dir, hosts });
});
afterAll(async () => {
  await wall?.[Symbol.asyncDispose]();
  await studio?.world[Symbol.asyncDispose]();
});

/** A release by a process that finds everything beyond the wall only. */
async function release(name: string, env: Record<string, string>, host = SITE) {
  const folder = await studio.folderOf(build(name));
  const asked = new URL(process.env.ACTIONS_ID_TOKEN_REQUEST_URL ?? "");
  const over = { mode: "apply", release: name, order: "1", url: `https://${host}`, folder };
  const before = wall.tunnels().length;
  const { exited, output } = await launch(studio, site.given(over), {
    AWS_ENDPOINT_URL: `https://${AWS}`,
    ACTIONS_ID_TOKEN_REQUEST_URL: `https://${TOKENS}${asked.pathname}${asked.search}`,
    ...env,
  });
  const { code } = await exited;
  const tunnels = wall.tunnels().slice(before);
  const hosts = tunnels.map((one) => one.replace(/:\d+$/, ""));
  return { code, output: output(), hosts: new Set(hosts), looks: count(hosts, host) };
}

const count = (hosts: string[], host: string) => hosts.filter((one) => one === host).length;

/** The page by three requests, and a file beside it: one look, and no second one. */
const ONE_LOOK = 4;

test("a release goes through the proxy with all that it asks, the look at the site too", async () => {
  const { code, output, hosts } = await release("v1", wall.environment);

  expect({ code, output: code === 0 ? "" : output }).toEqual({ code: 0, output: "" });
  expect(hosts).toEqual(new Set([AWS, TOKENS, SITE]));
  expect(await site.shown()).toBe("v1");
});

test("a CA that is not known is told at once, with the variable to set", async () => {
  const { HTTPS_PROXY } = wall.environment;
  const asked = process.env.ACTIONS_ID_TOKEN_REQUEST_URL ?? "";

  const { code, output } = await release("v2", {
    HTTPS_PROXY,
    ACTIONS_ID_TOKEN_REQUEST_URL: asked,
  });

  expect(code).toBe(1);
  expect(output.match(/::error/g)).toHaveLength(1);
  expect(output).toContain("NODE_EXTRA_CA_CERTS");
  expect(await site.shown()).toBe("v1");
});

test("a site that the proxy lets nobody reach is told at once, and what was live is again", async () => {
  const { code, output, looks } = await release("v3", wall.environment, "refused.invalid");

  expect(code).toBe(1);
  expect(output).toContain("The proxy does not let this run reach refused.invalid");
  expect(output).toContain("v1 is live again");
  expect(output).toContain("NO_PROXY");
  expect(looks).toBeGreaterThan(0);
  expect(looks).toBeLessThanOrEqual(ONE_LOOK);
  expect(await site.shown()).toBe("v1");
});

test("a site whose certificate is not trusted is told at once, and what was live is again", async () => {
  const { HTTPS_PROXY } = wall.environment;
  const near = {
    ...{ HTTPS_PROXY, AWS_ENDPOINT_URL: studio.aws.url },
    ACTIONS_ID_TOKEN_REQUEST_URL: process.env.ACTIONS_ID_TOKEN_REQUEST_URL ?? "",
  };

  const { code, output, looks } = await release("v4", near);

  expect(code).toBe(1);
  expect(output).toContain("shows a certificate that this machine does not trust");
  expect(output).toContain("v1 is live again");
  expect(looks).toBeGreaterThan(0);
  expect(looks).toBeLessThanOrEqual(ONE_LOOK);
  expect(await site.shown()).toBe("v1");
});
