import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename } from "node:path";
import type { AgentBehaviour } from "./agent-behaviour.ts";
import { readSettings } from "./agent-settings.ts";
import { Metrics } from "./metrics.ts";
import { startRelayer } from "./relayer.ts";
import { TaskPanic, Validator } from "./validator.ts";

/*
 * The program of a `hyperlane-agent` image: `./validator` or `./relayer`, told what to do by
 * CONFIG_FILES and HYP_… as the real one is. The world tells it how to behave, and where to listen.
 */
const PANICKED = 101;

const agent = basename(process.argv[2] ?? "");
const { WORLD_POD_IP = "127.0.0.1", WORLD_AGENT_BEHAVIOUR } = process.env;

function behaviour(): AgentBehaviour {
  if (WORLD_AGENT_BEHAVIOUR === undefined) return {};
  return JSON.parse(readFileSync(WORLD_AGENT_BEHAVIOUR, "utf8"));
}

function say(message: string): void {
  console.log(JSON.stringify({ timestamp: new Date().toISOString(), fields: { message } }));
}

async function openDatabase(path: string): Promise<void> {
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}

async function run(): Promise<void> {
  const settings = readSettings(agent, process.env);
  await openDatabase(settings.db);
  const { crashes, neverReady } = behaviour();
  if (crashes) throw new Error("this build crashes");
  const metrics = new Metrics(agent);
  if (!settings.validator) await startRelayer({ chains: settings.relayed, metrics, say });
  if (!neverReady) {
    const port = await metrics.serve(WORLD_POD_IP, settings.metricsPort);
    say(`metrics at ${port}`);
  }
  if (!settings.validator) return;
  const validator = await Validator.open({
    ...{ settings: settings.validator, metrics },
    ...{ behaviour, say },
  });
  await validator.run();
}

process.on("SIGTERM", () => process.exit(0));
run().catch((error: Error) => {
  say(`panicked: ${error.message}`);
  process.exit(error instanceof TaskPanic ? 0 : PANICKED);
});
// A relayer that serves nothing lives, too.
setInterval(() => {}, 2 ** 30);
