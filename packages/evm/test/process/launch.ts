import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Chain, type Process, startProcess } from "@playbook/world";
import { type Plan, planText } from "../../src/index.ts";
import { counterPlan, type Shape, testKey } from "../counter.ts";
import { freshSecret, plannedOn } from "../rig.ts";
import type { Death, Effect } from "./effects.ts";
import type { Job } from "./run.ts";

const script = fileURLToPath(new URL("./run.ts", import.meta.url));

/** Where works have their files; and their state, unless a bucket has it, which `env` opens. */
export type Place = { dir: string; bucket?: string; env?: Record<string, string> };

/** A plan of a key that nobody has used, with a state of its own, for processes to work at. */
export type Work = {
  plan: Plan;
  secret: Job["secret"];
  sender: string;
  chain: Chain;
  /** Folder for its jobs and logs. */
  dir: string;
  /** Where its state is, and what opens it. */
  state: string;
  env: Record<string, string>;
  /** Height of the chain when it was planned. */
  from: number;
};

export type Ended = { code: number | null; signal: string | null; output: string };

let works = 0;

export async function workOn(
  chain: Chain,
  shapes: Shape[],
  { dir: parent, bucket, env = {} }: Place,
): Promise<Work> {
  const secret = freshSecret();
  const { address } = testKey(secret);
  await chain.setBalance(address, 10n ** 20n);
  const plan = counterPlan(address, await plannedOn(chain, address), shapes);
  const from = await chain.height();
  works += 1;
  const dir = join(parent, `work-${works}`);
  await mkdir(dir, { recursive: true });
  const state = bucket ? `s3://${bucket}/work-${works}` : join(dir, "state");
  return { plan, secret, sender: address, chain, dir, state, env, from };
}

/** Starts a run of the work in a process of its own. */
export async function launch(work: Work, name: string, death?: Death): Promise<Process> {
  const { plan, dir, secret, state, chain } = work;
  const { url } = chain;
  const job: Job = { plan: planText(plan), state, secret, url, log: logOf(work, name), death };
  const path = join(dir, `${name}.json`);
  await writeFile(path, JSON.stringify(job));
  const { PATH = "", HOME = "" } = process.env;
  // Compiled code is kept between runs, which are many and short.
  const env = { PATH, HOME, NODE_COMPILE_CACHE: join(dir, "..", "compiled"), ...work.env };
  const args = ["--disable-warning=ExperimentalWarning", script, path];
  return startProcess({ name, command: process.execPath, args, env });
}

/** Runs it to its end, whichever that is. */
export async function runToEnd(work: Work, name: string, death?: Death): Promise<Ended> {
  const started = await launch(work, name, death);
  const { code, signal } = await started.exited;
  await started.stop(0);
  return { code, signal, output: started.output() };
}

export async function effectsOf(work: Work, name: string): Promise<Effect[]> {
  const text = await readFile(logOf(work, name), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Effect);
}

const logOf = ({ dir }: Work, name: string) => join(dir, `${name}.effects`);
