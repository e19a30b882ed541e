import { join } from "node:path";
import { table } from "@playbook/action";
import { type AwsCall, type Results, startResults } from "@playbook/world";
import {
  openStudio,
  type Studio,
  type TestSite,
  variables,
} from "../../actions/deploy-ui/test/studio.ts";
import { type Command, measure, median } from "./measured.ts";
import { changeThree, makeSite } from "./ui-site.ts";

/** The way of a release, in the order in which its steps end. */
const STEPS = [
  "started, artifact unpacked and read",
  "session opened, and known what is new",
  "uploaded",
  "live: one write to the store",
  "shown by the edge",
  "seen twice in a row, written down, ended",
] as const;

/** When each step had ended, in milliseconds from the start of the process. */
type Ends = number[];

/** The job that releases, from its start until the site shows the release, as a table. */
export async function benchJob(main: string, rounds: number, files: number): Promise<string> {
  const studio = await openStudio({ backend: "fast" });
  const results = await startResults();
  const first: Ends[] = [];
  const second: Ends[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const job = { studio, results, main, site: await studio.site(), run: `run-${round}` };
      const folder = join(studio.world.dir, `site-${round}`);
      await makeSite(folder, files);
      first.push(await release(job, folder, "first"));
      await changeThree(folder, 1);
      second.push(await release(job, folder, "second"));
    }
  } finally {
    await results[Symbol.asyncDispose]();
    await studio.world[Symbol.asyncDispose]();
  }
  return tableOf([first, second]);
}

type Job = { studio: Studio; results: Results; main: string; site: TestSite; run: string };

async function release(job: Job, folder: string, name: string): Promise<Ends> {
  const { studio, site } = job;
  const artifact = `${name}-site`;
  const asked = { release: name, artifact, order: "1" };
  await measure(command(job, { mode: "plan", ...asked, folder }));
  studio.aws.clearCalls();
  const shown = whenShown(site.url, name);
  const started = Date.now();
  const into = `${folder}-${name}`;
  const { ms } = await measure(command(job, { mode: "apply", ...asked, folder: into }));
  const calls = studio.aws.calls();
  const at = (is: (call: AwsCall) => boolean) => (calls.find(is)?.at ?? started) - started;
  return [
    at(({ operation }) => operation === "AssumeRoleWithWebIdentity"),
    Math.min(...calls.filter(isUpload).map((call) => call.at)) - started,
    at(({ operation }) => operation === "PutKey"),
    at(isAfterSwitch(calls)),
    (await shown) - started,
    ms,
  ];
}

const isUpload = ({ operation, target }: AwsCall) =>
  operation === "PutObject" && !target.includes("/state/");

/** The entry that says it is live is asked for as soon as the store has answered. */
function isAfterSwitch(calls: readonly AwsCall[]) {
  const from = calls.findIndex(({ operation }) => operation === "PutKey");
  return (call: AwsCall) =>
    calls.indexOf(call) > from &&
    call.operation === "PutObject" &&
    call.target.includes("/state/log/");
}

/** Looks at a site until it shows a release. */
async function whenShown(url: string, release: string): Promise<number> {
  for (;;) {
    const page = await fetch(url).then((answer) => answer.text());
    if (page.includes(`playbook-release" content="${release}"`)) return Date.now();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function command({ studio, results, main, site, run }: Job, over: Record<string, string>): Command {
  const { PATH = "", HOME = "" } = process.env;
  const { ACTIONS_ID_TOKEN_REQUEST_URL = "", ACTIONS_ID_TOKEN_REQUEST_TOKEN = "" } = process.env;
  const token = { ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN };
  const env = { PATH, HOME, GITHUB_ACTIONS: "true", ...token, ...results.env(run) };
  const inputs = variables(site.given(over));
  return {
    ...{ command: process.execPath, args: [main], cwd: studio.world.dir },
    env: { ...studio.aws.environment(), ...env, ...inputs },
  };
}

function tableOf(columns: Ends[][]): string {
  const [first = [], second = []] = columns.map((rounds) =>
    STEPS.map((_, at) => median(rounds.map((ends) => ends[at] ?? 0))),
  );
  const lines = STEPS.map((step, at) => [step, seconds(first[at]), seconds(second[at])]);
  return table(["since the job's step began", "first release", "three changed"], lines);
}

function seconds(ms = 0): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
