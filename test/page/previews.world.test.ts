import { type Browser, type Pull, startBrowser } from "@playbook/world";
import { openPreviews, type Previews } from "../../actions/deploy-preview/test/studio.ts";
import { type Build, buildTwice } from "./builds.ts";
import { chainsOf, goTo, versionIn, visit } from "./stand.ts";

let previews: Previews;
let browser: Browser;
let builds: { one: Build; two: Build };

beforeAll(async () => {
  previews = await openPreviews();
  browser = await startBrowser({ hosts: {} });
  builds = await buildTwice();
}, 300_000);
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await previews?.end();
});

const CONFIG = JSON.stringify({ environment: "preview", chains: chainsOf(`0x${"0".repeat(39)}1`) });

function show(pull: Pull, { folder }: Build) {
  return previews.step({ mode: "deploy", folder, config: CONFIG, ...previews.eventOf(pull) });
}

/** The address of a pull request's preview, for the browser. */
function addressOf({ number }: Pull): string {
  const host = `pr-${number}.previews.example`;
  browser.lead(host, previews.aws.edge.url(previews.Distribution));
  return `https://${host}`;
}

test.each(["acme/app", "stranger/app"])(
  "a preview of %s's branch is opened, pushed to and closed under the eyes of somebody",
  async (from) => {
    const pull = previews.open(`of-${from.split("/")[0]}`, from);
    const address = addressOf(pull);
    await show(pull, builds.one);

    await using early = await visit(browser, address);
    expect(await versionIn(early)).toBe("1.0.0");
    await goTo(early, "Transfers");

    pull.head.sha = "b".repeat(40);
    await show(pull, builds.two);
    await using late = await visit(browser, address);
    expect(await versionIn(late)).toBe("2.0.0");
    await goTo(late, "Send");
    expect(late.complaints()).toEqual([]);

    pull.state = "closed";
    await previews.remove(pull);
    await using gone = await browser.open();
    const answer = await gone.page.goto(address);
    expect(answer?.status()).toBe(404);
    expect(await gone.page.textContent("body")).toMatch(/preview/i);
  },
);

test("two pull requests do not see each other's page", async () => {
  const [one, two] = [previews.open("one"), previews.open("two")];
  await Promise.all([show(one, builds.one), show(two, builds.two)]);

  await using first = await visit(browser, addressOf(one));
  await using second = await visit(browser, addressOf(two));

  expect(await versionIn(first)).toBe("1.0.0");
  expect(await versionIn(second)).toBe("2.0.0");
  const paths = new Set((await first.requests()).map(({ url }) => new URL(url).host));
  expect([...paths]).toEqual([`pr-${one.number}.previews.example`]);
});
