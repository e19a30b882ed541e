// One run of a release in a process of its own: node run.ts <job.json>
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { explain } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { folderStore } from "@playbook/state";
import { type Hex, Rpc, readPlan } from "../../src/index.ts";
import { testKey } from "../counter.ts";
import { release } from "../release.ts";
import { type Death, Effects } from "./effects.ts";

export type Job = {
  /** The plan's text. */
  plan: string;
  /** Folder for state. */
  state: string;
  secret: Hex;
  /** By the chain's name. */
  urls: Record<string, string>;
  /** File for the log of effects. */
  log?: string;
  death?: Death;
};

const job = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Job;
const plan = readPlan(job.plan);
const effects = new Effects(job.log, job.death);
const context = contextForTests({ progress: (line) => console.log(line) });
process.on("SIGINT", () => context.stop.abort(new Error("SIGINT")));

try {
  const sent = await release({
    plan,
    store: effects.store(folderStore(job.state)),
    signer: effects.signer(testKey(job.secret)),
    wireTo: ({ name }) => effects.wire(new Rpc([job.urls[name] ?? ""], context)),
    writer: randomUUID(),
    context,
    over: { pause: 50, policy: { window: 4, patience: 3, budget: null } },
  });
  console.log(`sent ${sent}`);
} catch (error) {
  console.log(explain(error));
  process.exitCode = 1;
}
