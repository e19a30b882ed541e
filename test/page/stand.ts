import { type Browser, startBrowser, type Tab } from "@playbook/world";
import { type Given, openStudio, type TestSite } from "../../actions/deploy-ui/test/studio.ts";
import { type Build, buildTwice } from "./builds.ts";

/** A release of the page: what it was built to, and what it was told about where it runs. */
export type Release = { build: Build; config: object };

/** By the names of releases. */
export type Releases = Record<string, Release>;

/** Two chains, so that there is one to send to. */
export const chainsOf = (nexus: string) => ({
  alpha: { chainId: 10012, contracts: { Nexus: nexus } },
  beta: { chainId: 43113, contracts: { Nexus: nexus } },
});

const NOBODY = `0x${"0".repeat(39)}1`;

/** An account with sites, the product's page in two versions, and a browser to look at it. */
export async function openStand() {
  await using parts = new AsyncDisposableStack();
  const studio = await openStudio();
  parts.use(studio.world);
  const { one, two } = await buildTwice();
  const browser = parts.use(await startBrowser({ hosts: {} }));

  const configOf = (release: string) => ({ environment: release, chains: chainsOf(NOBODY) });
  const releases = {
    v1: { build: one, config: configOf("v1") },
    v2: { build: two, config: configOf("v2") },
  } satisfies Releases;

  let sites = 0;
  /** A site at the edge, with a host of its own for the browser. */
  const site = async (parameters: Record<string, string> = {}) => {
    sites += 1;
    const made = await studio.site({}, parameters);
    const host = `app-${sites}.nexus.example`;
    browser.lead(host, made.url);
    return { ...made, address: `https://${host}` };
  };

  const kept = parts.move();
  return {
    ...{ studio, browser, releases, site },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

export type Stand = Awaited<ReturnType<typeof openStand>>;
export type Site = TestSite & { address: string };

/** The inputs of a step that releases the page. */
export function releaseOf(name: string, { build, config }: Release, over: Given = {}): Given {
  return {
    ...{ mode: "apply", release: name, folder: build.folder, config: JSON.stringify(config) },
    ...{ order: /\d+/.exec(name)?.[0], verify: "1" },
    ...over,
  };
}

/** The menu's entries, each with words that only its page shows. */
const MENU = {
  Overview: "chain 10012",
  Transfers: "No subgraph is configured here",
  Send: "from alpha",
};

/** Somebody opens the page. */
export async function visit(browser: Browser, address: string): Promise<Tab> {
  const tab = await browser.open();
  await tab.page.goto(address);
  await tab.page.locator("[data-version]").waitFor();
  return tab;
}

/** Goes to a page by the menu, and sees it. */
export async function goTo({ page }: Tab, title: keyof typeof MENU): Promise<void> {
  await page.getByRole("link", { name: title, exact: true }).click();
  await page.getByText(MENU[title]).waitFor();
}

/** The version that a tab shows. */
export async function versionIn({ page }: Tab): Promise<string | null> {
  return page.locator("[data-version]").getAttribute("data-version");
}
