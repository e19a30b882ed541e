import type { Clock } from "@playbook/action";
import type { Tab } from "@playbook/world";
import { goTo, openStand, releaseOf, type Site, type Stand, versionIn, visit } from "./stand.ts";

let stand: Stand;
let site: Site;

beforeAll(async () => {
  stand = await openStand();
}, 300_000);
beforeEach(async () => {
  site = await stand.site();
});
afterAll(() => stand?.[Symbol.asyncDispose]());

const released = (name: "v1" | "v2", over = {}, clock?: Clock) =>
  site.step(releaseOf(name, stand.releases[name], over), clock);

const open = () => visit(stand.browser, site.address);

/** How many pages the tab has loaded. */
async function pagesOf(tab: Tab): Promise<number> {
  return (await tab.requests()).filter(({ kind }) => kind === "document").length;
}

/** It goes everywhere, the parts come that it has not loaded yet, and nothing is red. */
async function goesOn(tab: Tab): Promise<void> {
  for (const title of ["Transfers", "Send", "Overview"] as const) await goTo(tab, title);
  expect(tab.complaints()).toEqual([]);
}

test("whoever has version 1 open goes on with it while 2 is released, and has 2 after a reload", async () => {
  await released("v1");
  const tabs = await Promise.all([1, 2, 3, 4].map(open));
  const [restless, before, between, after] = tabs as [Tab, Tab, Tab, Tab];
  let clicks = 0;
  let clicking = Promise.resolve();
  /** Uploads go beside each other, and somebody clicks one thing at a time. */
  const click = () => {
    clicks += 1;
    const title = clicks % 2 === 0 ? "Overview" : "Transfers";
    clicking = clicking.then(() => goTo(restless, title));
    return clicking;
  };
  const end = stand.studio.aws.onCall(async ({ operation, phase }) => {
    if (operation === "PutKey") await goesOn(phase === "before" ? before : between);
    if (phase === "before" && ["PutObject", "PutKey"].includes(operation)) await click();
  });

  await released("v2").finally(end);

  expect(clicks).toBeGreaterThan(10);
  await goesOn(after);
  for (const tab of tabs) {
    expect([await versionIn(tab), await pagesOf(tab)]).toEqual(["1.0.0", 1]);
    await tab.page.reload();
    await goesOn(tab);
    expect(await versionIn(tab)).toBe("2.0.0");
  }
}, 180_000);

test("whoever has what was gone back from goes on with it, and has the other after a reload", async () => {
  await released("v1");
  await released("v2");
  await using tab = await open();

  await site.rollback();

  await goesOn(tab);
  expect([await versionIn(tab), await pagesOf(tab)]).toEqual(["2.0.0", 1]);
  await tab.page.reload();
  await goesOn(tab);
  expect(await versionIn(tab)).toBe("1.0.0");
});

test("a tab goes on for a day after its release, also beyond those that are kept; later it loads itself again", async () => {
  let time = Date.now();
  const clock: Clock = { now: () => time, sleep: async () => {} };
  const later = async (hours: number, release: string, order: string) => {
    time += hours * 3_600_000;
    await released("v2", { release, order, keep: "1" }, clock);
  };
  await released("v1", {}, clock);
  await using tab = await open();
  await using old = await open();

  await later(48, "v2", "2");
  await later(23, "v3", "3");
  await goTo(tab, "Transfers");
  expect([await versionIn(tab), await pagesOf(tab)]).toEqual(["1.0.0", 1]);
  expect(tab.complaints()).toEqual([]);

  await later(2, "v4", "4");
  await goTo(old, "Send");
  expect([await versionIn(old), await pagesOf(old)]).toEqual(["2.0.0", 2]);
});
