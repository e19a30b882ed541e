import type { Approve, LogLine, Run, RunResult } from "@playbook/world";
import { change } from "./change.ts";
import { ending, sentBy } from "./judge.ts";
import { leaksOf } from "./leaks.ts";
import { openStage } from "./stage.ts";

/** What the three scripts of release-stepwise.yml send. */
const STEPS = [21, 21, 1];

const open = () =>
  openStage({
    product: "counter",
    chains: [{ id: 10012, name: "alpha", mining: { everySeconds: 1 } }],
  });

let stage: Awaited<ReturnType<typeof open>>;

beforeAll(async () => {
  stage = await open();
  const [alpha] = stage.world.chains;
  // The URL that the second script forks by, whatever it is run with.
  await change(stage.folder, { "endpoints.json": JSON.stringify({ alpha: alpha.url }) });
}, 300_000);
afterAll(() => stage?.[Symbol.asyncDispose]());

type Watching = {
  onLine?: (line: LogLine, run: Run | undefined) => void;
  approve?: Approve;
};

async function release({ onLine, approve }: Watching = {}) {
  const started: { run?: Run } = {};
  const over = {
    ...(onLine && { onLine: (line: LogLine) => onLine(line, started.run) }),
    ...(approve && { approve }),
  };
  started.run = await stage.start("release-stepwise.yml", { release: "v1.0.0" }, over);
  const result = await started.run.finished;
  return { run: started.run, result };
}

/** How many transactions stand on the chain, of which each nonce is there once and none failed. */
async function sent(): Promise<number> {
  const [alpha] = stage.world.chains;
  const found = await sentBy(alpha, stage.account.signer);
  expect(found.map(({ nonce }) => nonce)).toEqual(found.map((_, index) => index));
  expect(found.filter(({ succeeded }) => !succeeded)).toEqual([]);
  return found.length;
}

const all = STEPS.reduce((sum, one) => sum + one, 0);

const jobs = ({ jobs }: RunResult) =>
  jobs.flatMap(({ name, conclusion }) => (conclusion === "skipped" ? [] : [[name, conclusion]]));

test("a release whose machine vanishes in the middle of its second script", async () => {
  let killed = false;
  const onLine: Watching["onLine"] = ({ job, text }, run) => {
    if (killed || job !== "contracts (2) / Apply" || !/alpha: sending/.test(text)) return;
    killed = true;
    void run?.kill();
  };
  const { result } = await release({ onLine });

  expect(result.conclusion).toBe("lost");
  expect(await sent()).toBeGreaterThanOrEqual(STEPS[0] ?? 0);
  expect(await sent()).toBeLessThan(all);
}, 180_000);

let finished: Awaited<ReturnType<typeof release>>;

test("is finished by the next run, each script planned on what the one before it did", async () => {
  finished = await release();

  const { result } = finished;
  expect(ending(result)).toEqual({ conclusion: "success", errors: [] });
  expect(jobs(result)).toEqual(
    ["Plan", "Apply"].flatMap((job) =>
      [1, 2, 3].map((part) => [`contracts (${part}) / ${job}`, "success"]),
    ),
  );
  const applied = [1, 2, 3].map((part) => result.job(`contracts (${part}) / Apply`));
  expect(applied.map(({ outputs }) => outputs.changed)).toEqual(["false", "true", "true"]);
  expect(await sent()).toBe(all);
}, 180_000);

test("the last part hands over what all of them have left behind", async () => {
  const traces = await finished.run.everything();
  const artifact = "artifact contracts-release-part-3-result";
  const file = (path: string) => {
    const found = traces.find(({ where }) => where === `${artifact}: ${path}`);
    return JSON.parse(found?.bytes.toString() ?? "null");
  };

  const { first, second } = file("files/deployments/counters.json");
  expect(file("addresses.json").alpha).toEqual({ Counter: first, "Counter#2": second });
  expect(file("transactions.json")).toHaveLength(all);
  const recorded = ["first", "second", "third"].map((name) =>
    file(`broadcast/Steps.s.sol/10012/${name}-latest.json`),
  );
  expect(recorded.map(({ receipts }) => receipts.length)).toEqual(STEPS);
});

test("the same release again sends nothing; its reviewers are asked for each part", async () => {
  const { environments } = stage.world.github.repository(stage.repository);
  environments.set("production", { branches: ["main"], reviewers: true });
  const asked: string[] = [];
  const approve: Approve = ({ job }) => asked.push(job) > 0;

  const { result } = await release({ approve });

  expect(asked).toEqual(["contracts / Apply", "contracts / Apply", "contracts / Apply"]);
  expect(ending(result)).toEqual({ conclusion: "success", errors: [] });
  expect(result.job("contracts (3) / Apply").outputs.changed).toBe("false");
  expect(await sent()).toBe(all);
}, 180_000);

test("nothing that any run left holds a token, a session or a key", async () => {
  expect(await leaksOf(stage)).toEqual([]);
});
