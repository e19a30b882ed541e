import { appendFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const { env } = process;
const phase = env.STATE_phase ?? "start";
const outputs = Object.entries(env)
  .filter(([name]) => name.startsWith("INPUT_OUTPUT-"))
  .map(([name, value]) => [name.slice("INPUT_OUTPUT-".length).toLowerCase(), value]);

console.log(`workspace ${env.GITHUB_WORKSPACE}`);
const reply = await fetch(`${env.INPUT_CONTROL}/${phase}`, {
  method: "POST",
  body: JSON.stringify({
    job: Number(env.INPUT_JOB),
    environment: env.INPUT_ENVIRONMENT ?? "",
    workspace: env.GITHUB_WORKSPACE,
    outputs: Object.fromEntries(outputs),
  }),
});
const { refused, given = {} } = await reply.json();

appendFileSync(env.GITHUB_STATE, "phase=end\n");
for (const [name, value] of Object.entries(given))
  appendFileSync(env.GITHUB_ENV, `${name}=${value}\n`);

if (refused) {
  // No other step of the job may start, whatever its condition says: see the machine's entry
  // scripts.
  writeFileSync(join(dirname(env.GITHUB_WORKSPACE), "refused"), "");
  console.log(`::error::${refused.replaceAll("%", "%25").replaceAll("\n", "%0A")}`);
  process.exitCode = 1;
}
