import { whole } from "../../../test/proof.ts";
import { sweep } from "../../../test/sweep.ts";
import { launch } from "./child.ts";
import { build, type Given, openStudio, type Studio, type TestSite } from "./studio.ts";

let studio: Studio;

beforeAll(async () => {
  studio = await openStudio();
});
afterAll(() => studio?.world[Symbol.asyncDispose]());

/** What a run changes outside of itself. */
const EFFECTS = new Set(["PutObject", "PutKey"]);

/** How many of the points `npm test` takes. */
const SAMPLES = 4;

/** A run of its own process that is killed once so many effects have happened; 0 for never. */
async function runKilled(given: Given, after: number): Promise<{ effects: number; code: unknown }> {
  const started = await launch(studio, given);
  let effects = 0;
  const end = studio.aws.onCall(async ({ operation, phase }) => {
    if (phase !== "after" || !EFFECTS.has(operation)) return;
    effects += 1;
    if (effects === after) await started.stop(0);
  });
  const { code } = await started.exited;
  end();
  return { effects, code };
}

/** What is wrong with what somebody sees: it has to be one release, and all of it. */
async function faultsIn(site: TestSite, allowed: string[]): Promise<string[]> {
  const shown = String(await site.shown());
  if (!allowed.includes(shown)) return [`it shows ${shown}`];
  const { status } = await site.page(`/assets/index-${shown.padEnd(8, "0")}.js`);
  return status === 200 ? [] : [`a file of ${shown} is ${status}`];
}

async function tryAt(point: number, prepare: (site: TestSite) => Promise<Task>) {
  const site = await studio.site();
  for (const name of ["v1", "v2"]) await site.release(name, build(name), { verify: "0" });
  const { given, from, to, told } = await prepare(site);
  const { effects, code } = await runKilled(given, point);
  const faults = await faultsIn(site, [from, to]);
  if (point > 0 || code !== 0) {
    const { outputs } = await site.step(given);
    if (outputs.release !== to) faults.push(`the next run says ${outputs.release}`);
  }
  faults.push(...(await faultsIn(site, [to])));
  const history = (await studio.told(site)).slice(4).join(", ");
  if (history !== told) faults.push(`its history is: ${history}`);
  return { effects, faults: faults.map((fault) => `killed after effect ${point}: ${fault}`) };
}

type Task = { given: Given; from: string; to: string; told: string };

const tasks: [string, (site: TestSite) => Promise<Task>][] = [
  [
    "a release of a site",
    async (site) => {
      const folder = await studio.folderOf(build("v3"));
      const over = { mode: "apply", release: "v3", folder, order: "3", verify: "1" };
      return { given: site.given(over), from: "v2", to: "v3", told: "begun v3, live v3, seen v3" };
    },
  ],
  [
    "a way back",
    async (site) => {
      const over = { mode: "rollback", "rollback-to": "v1", verify: "1" };
      return { given: site.given(over), from: "v2", to: "v1", told: "turning v1, rolled-back v1" };
    },
  ],
];

test.each(tasks)(
  "%s that is killed after any effect shows one release whole, and is finished by the next run",
  async (name, prepare) => {
    const undisturbed = await tryAt(0, prepare);
    expect(undisturbed.faults).toEqual([]);
    const all = Array.from({ length: undisturbed.effects }, (_, index) => index + 1);
    const step = whole ? 1 : Math.max(1, Math.floor(all.length / SAMPLES));
    const points = all.filter((point) => (all.length - point) % step === 0);

    await sweep(name, { points, of: all.length }, async (point) => {
      return { killed: true, faults: (await tryAt(point, prepare)).faults };
    });
  },
  600_000,
);
