import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, PageRequest, Tab } from "@playbook/world";

/** An address of which the page, its configuration and a part that comes later are asked for. */
const DEEP = "/transfers";
const SHOWN = "No subgraph is configured here";

/** Somebody who has the page, and waits for all that it names. */
export type SlowLoad = AsyncDisposable & {
  /** The rest comes. Resolves to all that was asked for. */
  finish(): Promise<PageRequest[]>;
};

/** Opens the page on a line that goes dead as soon as the page itself is there. */
export async function startSlowLoad(browser: Browser, address: string): Promise<SlowLoad> {
  const tab = await browser.open();
  const line = Promise.withResolvers<void>();
  await tab.page.route(/./, async (route) => {
    if (route.request().resourceType() !== "document") await line.promise;
    await route.continue();
  });
  const response = await tab.page.goto(address + DEEP, { waitUntil: "commit" });
  await response?.finished();

  return {
    finish: async () => {
      line.resolve();
      return whole(tab);
    },
    [Symbol.asyncDispose]: async () => {
      line.resolve();
      await tab[Symbol.asyncDispose]();
    },
  };
}

/** Until it shows what it is about, or something is red. */
async function whole(tab: Tab): Promise<PageRequest[]> {
  const shown = tab.page.getByText(SHOWN);
  while (tab.complaints().length === 0 && !(await shown.isVisible())) await sleep(20);
  return tab.requests();
}

const NAMED = /["'`](?:\.\/|assets\/|(?=\/))([\w./-]+\.(?:js|css|json))["'`]/g;

/** The page and all that it, or a script of it, names: without a browser, so without its choice. */
export async function crawl(url: string): Promise<PageRequest[]> {
  const found = [await ask(url + DEEP, "document")];
  const seen = new Set<string>();
  for (const { body } of found) {
    for (const [, name = ""] of (body ?? "").toString().matchAll(NAMED)) {
      const path = name.startsWith("/") ? name : `/assets/${name}`;
      if (seen.has(path)) continue;
      seen.add(path);
      found.push(await ask(url + path, "fetch"));
    }
  }
  return found;
}

async function ask(url: string, kind: string): Promise<PageRequest> {
  const answer = await fetch(url);
  const body = Buffer.from(await answer.arrayBuffer());
  return { url, kind, status: answer.status, body };
}
