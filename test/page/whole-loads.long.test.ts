import type { Clock } from "@playbook/action";
import type { AwsCallEvent, PageRequest } from "@playbook/world";
import { launch } from "../../actions/deploy-ui/test/child.ts";
import type { Given } from "../../actions/deploy-ui/test/studio.ts";
import { claim, whole } from "../proof.ts";
import type { Build } from "./builds.ts";
import { crawl } from "./loads.ts";
import { Lookers } from "./lookers.ts";
import { openStand, releaseOf, type Site, type Stand } from "./stand.ts";
import { judge } from "./wholeness.ts";

let stand: Stand;

beforeAll(async () => {
  stand = await openStand();
}, 300_000);
afterAll(() => stand?.[Symbol.asyncDispose]());

/** What a run changes outside of itself. */
const EFFECTS = new Set(["PutObject", "PutKey"]);

/** At each how many boundaries `npm test` looks at the page. */
const SAMPLED = 7;

const PATIENCE = whole ? 3_600_000 : 600_000;

/**
 * A clock that stands still. While somebody looks at the page, requests are held up, for longer
 * than the run would wait on a slow machine: it gives one up and sends it again, but never ends.
 */
function standing(): Clock {
  const time = Date.now();
  return { now: () => time, sleep: async () => {} };
}

type Task = {
  name: string;
  /** Releases that the site has had before. */
  before: ("v1" | "v2")[];
  given: () => Given;
  from: string;
  to: string;
};

const tasks: Task[] = [
  {
    name: "a release",
    before: ["v1"],
    given: () => releaseOf("v2", stand.releases.v2),
    ...{ from: "v1", to: "v2" },
  },
  {
    name: "a way back",
    before: ["v1", "v2"],
    given: () => ({ mode: "rollback", "rollback-to": "v1", verify: "1" }),
    ...{ from: "v2", to: "v1" },
  },
];

async function prepare({ before }: Pick<Task, "before">): Promise<Site> {
  const site = await stand.site();
  for (const name of before) {
    await site.step(releaseOf(name, stand.releases[name], { verify: "0" }));
  }
  return site;
}

type Boundary = { number: number; phase: AwsCallEvent["phase"]; effect: string };

/**
 * Before each effect and after it, with what is done there; once for each, however often a request
 * for it is sent. Returns what ends that.
 */
function onBoundary(act: (boundary: Boundary) => Promise<void>): () => number {
  const seen = new Set<string>();
  const end = stand.studio.aws.onCall(async ({ operation, target, phase }) => {
    const effect = `${operation} ${target}`;
    const boundary = `${phase} ${effect}`;
    if (!EFFECTS.has(operation) || seen.has(boundary)) return;
    seen.add(boundary);
    await act({ number: seen.size, phase, effect });
  });
  return () => {
    end();
    return seen.size;
  };
}

/** The loads around a run that nothing happens to. */
async function undisturbed(task: Task) {
  const site = await prepare(task);
  const lookers = new Lookers(stand, site, [task.from, task.to]);
  await lookers.look("before it");
  const switched: number[] = [];
  const end = onBoundary(async ({ number, phase, effect }) => {
    if (effect.startsWith("PutKey")) switched.push(number);
    else if (!whole && number % SAMPLED > 0) return;
    await lookers.look(`${phase} ${effect}`);
  });
  stand.studio.aws.edge.lag(0, 3);
  try {
    await site.step(task.given(), standing());
    await lookers.end("after it", task.to);
  } finally {
    stand.studio.aws.edge.lag();
  }
  const boundaries = Array.from({ length: end() }, (_, index) => index + 1);
  return { ...lookers, boundaries, switched };
}

/** The loads around a run of its own process that is killed at a boundary, and the next run. */
async function killedAt(task: Task, point: number): Promise<string[]> {
  const site = await prepare(task);
  const lookers = new Lookers(stand, site, [task.from, task.to]);
  const given = site.given(task.given());
  await lookers.look("before it");
  const started = await launch(stand.studio, given);
  let killed = false;
  const end = onBoundary(async ({ number, phase, effect }) => {
    if (number !== point) return;
    killed = true;
    await started.stop(0);
    if (phase === "before") throw new Error(`${effect} never left: the run is dead`);
  });
  await started.exited;
  end();
  await lookers.look("killed");
  await site.step(given);
  await lookers.end("after the next run", task.to);
  if (!killed) lookers.faults.push("it was over before");
  return lookers.faults.map((fault) => `killed at boundary ${point}: ${fault}`);
}

test("a load in which anything is another version's, or missing, is found out", async () => {
  const site = await prepare({ before: ["v1", "v2"] });
  const [page, ...rest] = (await crawl(site.url)) as [PageRequest, ...PageRequest[]];
  const { one, two } = { one: stand.releases.v1.build, two: stand.releases.v2.build };
  const style = (build: Build) => [...build.files].find(([path]) => path.endsWith(".css"));
  const [path = "", body] = style(one) ?? [];
  const [own = ""] = style(two) ?? [];
  const without = rest.filter(({ url }) => !url.endsWith(own));
  const config = rest.find(({ url }) => url.includes("/config."));
  const faultsOf = (...load: PageRequest[]) => judge(load, stand.releases).faults;

  expect(judge([page, ...rest], stand.releases)).toEqual({ release: "v2", faults: [] });
  expect(faultsOf(page, ...without)).toEqual([`${own} was not asked for`]);
  const styled = { url: site.url + path, kind: "stylesheet", status: 200, body };
  expect(faultsOf(page, ...rest, styled)).toEqual([`${path} is not of v2`]);
  const other = { ...styled, url: site.url + own };
  expect(faultsOf(page, ...without, other)).toEqual([`${own} is not of v2`]);
  const gone = { ...other, status: 404 };
  expect(faultsOf(page, ...without, gone)).toEqual([`${own} of v2 is 404`]);
  const told = { ...config, body: Buffer.from('{"environment":"v1"}') } as PageRequest;
  expect(faultsOf(page, ...rest, told)).toEqual([
    expect.stringMatching(/^\/config.* is not of v2$/),
  ]);
  const stray = Buffer.from(String(page.body).replace("Nexus", "Other"));
  expect(faultsOf({ ...page, body: stray }, ...rest)).toEqual(["the page of v2 is another"]);
});

describe.each(tasks)("$name", (task) => {
  let boundaries: number[] = [];
  /** Before the write that switches, and after it. */
  let switched: number[] = [];

  test(
    "is seen as one version by every load of the page, whatever it has done so far",
    async () => {
      const since = Date.now();
      const seen = await undisturbed(task);
      ({ boundaries, switched } = seen);
      const passed = seen.loads - seen.wrong;
      claim(`Loads of the page, in Chromium and without, during ${task.name}`, {
        ...{ tried: seen.loads, passed, unit: "loads", since },
      });
      expect(seen.faults).toEqual([]);
    },
    PATIENCE,
  );

  test(
    "that is killed at any boundary is seen as one version, before the next run and after",
    async () => {
      const since = Date.now();
      const points = whole ? boundaries : [Math.ceil(boundaries.length / 3), ...switched];
      const faults: string[][] = [];
      for (const point of points) faults.push(await killedAt(task, point));
      const passed = faults.filter((found) => found.length === 0).length;
      claim(`SIGKILL, and what Chromium shows until the next run has ended: ${task.name}`, {
        ...{ tried: points.length, of: boundaries.length, passed, unit: "boundaries", since },
      });
      expect(faults.flat()).toEqual([]);
    },
    PATIENCE,
  );
});
