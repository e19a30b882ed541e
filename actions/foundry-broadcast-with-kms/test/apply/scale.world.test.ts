import { readFileSync } from "node:fs";
import { claim, whole } from "../../../../test/proof.ts";
import { launch } from "./job.ts";
import { type Office, openOffice } from "./office.ts";
import { faultsIn } from "./state.ts";

/** `npm test` takes fewer chains; a chain is an anvil of its own. */
const CHAINS = whole ? 80 : 8;
const STEPS = 25;

/** Steps beside the contract that they call. */
const SHAPES = Array.from({ length: STEPS - 1 }, (_, index) => ({ name: `count(${index})` }));

const GROUPS = 4;

let office: Office;
beforeAll(async () => {
  const chains = Array.from({ length: CHAINS }, (_, index) => ({
    id: 20_000 + index,
    name: `chain${index}`,
  }));
  office = await openOffice(chains, { evaluate: false });
}, 300_000);
afterAll(() => office?.world[Symbol.asyncDispose]());

beforeEach(() => {
  office.aws.clearCalls();
  for (const { chaos } of office.chains) chaos.forget();
});

/** The most memory that a process has had so far, in MiB. */
function peakOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Runs one of the release's jobs to its end: how it ended, and the most memory that it had. */
async function job(given: Parameters<typeof launch>[1]) {
  const { process: started, ended } = await launch(office, given);
  let peak = 0;
  const looking = setInterval(() => {
    peak = Math.max(peak, peakOf(started.pid));
  }, 50);
  const { code, output } = await ended;
  clearInterval(looking);
  return { code, output, peak };
}

function requests(): string {
  const aws = new Map(office.aws.calls().map(({ request, service }) => [request, service]));
  const of = (service: string) => [...aws.values()].filter((one) => one === service).length;
  const rpc = office.chains.reduce((sum, { chaos }) => sum + chaos.count(), 0);
  return `${of("kms")} to KMS, ${of("s3")} to S3, ${rpc} to nodes`;
}

test(`${CHAINS} chains with ${STEPS} steps each are released by one job`, async () => {
  const plan = await office.plan(SHAPES, { on: office.chains });
  const since = Date.now();

  const { code, output, peak } = await job(office.given(plan));

  const told = `${requests()}, ${peak.toFixed(0)} MiB at most`;
  const faults = code === 0 ? await faultsIn(office, plan) : [output];
  const tried = CHAINS * STEPS;
  const what = `Scale: ${CHAINS} chains × ${STEPS} steps by one job; ${told}`;
  claim(what, { tried, passed: faults.length === 0 ? tried : 0, unit: "steps", since });
  expect(faults).toEqual([]);
}, 900_000);

test(`the same chains by ${GROUPS} jobs at once, a group each, over one stored plan`, async () => {
  const plan = await office.plan(SHAPES, { on: office.chains });
  const groups = Array.from({ length: GROUPS }, (_, group) =>
    plan.made.chains.filter((__, index) => index % GROUPS === group).map(({ name }) => name),
  );
  const since = Date.now();

  const jobs = groups.map((names) => job(office.given(plan, { chains: names.join(", ") })));
  const ended = await Promise.all(jobs);

  const told = `${requests()}, ${Math.max(...ended.map(({ peak }) => peak)).toFixed(0)} MiB at most`;
  const broken = ended.filter(({ code }) => code !== 0).map(({ output }) => output);
  const faults = broken.length > 0 ? broken : await faultsIn(office, plan);
  const tried = CHAINS * STEPS;
  const what = `Scale: ${CHAINS} chains × ${STEPS} steps by ${GROUPS} jobs at once; ${told}`;
  claim(what, { tried, passed: faults.length === 0 ? tried : 0, unit: "steps", since });
  expect(faults).toEqual([]);
}, 900_000);
