// One run of a release in a process of its own: node run.ts <job.json>
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { explain } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { folderStore, type Store } from "@playbook/state";
import { type Hex, Rpc, readPlan } from "../../src/index.ts";
import { testKey } from "../counter.ts";
import { release } from "../release.ts";
import { type Death, Effects } from "./effects.ts";

export type Job = {
  /** The plan's text. */
  plan: string;
  /** Where its state is: a folder, or `s3://bucket/prefix`. */
  state: string;
  secret: Hex;
  /** Of the chain. */
  url: string;
  /** File for the log of effects. */
  log: string;
  death?: Death;
};

const job = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Job;
const plan = readPlan(job.plan);
const effects = new Effects(job.log, job.death);
const context = contextForTests({ progress: (line) => console.log(line) });

/** With the credentials of the environment. What only some runs need is loaded by these alone. */
async function storeAt(state: string): Promise<Store> {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/(.+)$/.exec(state) ?? [];
  if (!bucket || !prefix) return folderStore(state);
  const { openS3Store, openSession } = await import("@playbook/aws");
  const region = process.env.AWS_REGION ?? "";
  const session = await openSession({ region, policy: {}, name: "race", context });
  return openS3Store({ session, bucket, prefix, context });
}

process.on("SIGINT", () => context.stop.abort(new Error("SIGINT")));

try {
  const sent = await release({
    plan,
    store: effects.store(await storeAt(job.state)),
    signer: effects.signer(testKey(job.secret)),
    wireTo: () => effects.wire(new Rpc([job.url], context)),
    writer: randomUUID(),
    context,
    over: { pause: 50, policy: { window: 4, patience: 3, budget: null } },
  });
  console.log(`sent ${sent}`);
} catch (error) {
  console.log(explain(error));
  process.exitCode = 1;
}
