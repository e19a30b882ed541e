// The npm package `solc` (WebAssembly) as the part of solc's command line that forge uses:
// standard JSON from stdin to stdout. Lives beside the package's node_modules, see solc.ts.
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const { enableCompileCache } = require("node:module");
const { join } = require("node:path");
const { gunzipSync, gzipSync } = require("node:zlib");

const outputs = join(__dirname, "outputs");
const OUTPUTS_KEPT = 40;

if (!process.argv.includes("--standard-json")) {
  process.stderr.write("Only --standard-json and --version are there.\n");
  process.exit(1);
}

const input = fs.readFileSync(0);
process.stdout.write(known(input) ?? keep(input, compile(input.toString())));

function compile(input) {
  enableCompileCache(join(__dirname, "code"));
  const solc = require("solc");
  // Up to 0.4, `compile` is another interface.
  return (solc.compileStandardWrapper ?? solc.compile)(input);
}

/** The same sources are compiled by each test that checks a product out. */
function known(input) {
  try {
    return gunzipSync(fs.readFileSync(fileOf(input)));
  } catch {
    return undefined;
  }
}

function keep(input, output) {
  fs.mkdirSync(outputs, { recursive: true });
  const staged = `${fileOf(input)}.${process.pid}`;
  fs.writeFileSync(staged, gzipSync(output, { level: 1 }));
  fs.renameSync(staged, fileOf(input));

  const age = (name) => fs.statSync(join(outputs, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const files = fs.readdirSync(outputs).map((name) => ({ name, at: age(name) }));
  files.sort((a, b) => b.at - a.at);
  for (const { name } of files.slice(OUTPUTS_KEPT)) fs.rmSync(join(outputs, name), { force: true });
  return output;
}

function fileOf(input) {
  return join(outputs, createHash("sha256").update(input).digest("hex"));
}
