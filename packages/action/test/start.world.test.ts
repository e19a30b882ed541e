import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const action = fileURLToPath(new URL("./fixtures/action.ts", import.meta.url));

/**
 * What GitHub does to a job that is cancelled: a signal after each of these, as long as it lives.
 */
const CANCELLATION: [NodeJS.Signals, afterMs: number][] = [
  ["SIGINT", 0],
  ["SIGTERM", 7_500],
  ["SIGKILL", 2_500],
];

let dir: string;
let outputFile: string;
let summaryFile: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "playbook-start-"));
  outputFile = join(dir, "output");
  summaryFile = join(dir, "summary");
  await writeFile(outputFile, "");
  await writeFile(summaryFile, "");
});
afterEach(() => rm(dir, { recursive: true }));

type Environment = Record<string, string>;

type Ended = { code: number | null; stdout: string; stderr: string };

type Run = {
  child: ChildProcess;
  end: Promise<Ended>;
  /** Settles when it has written the text to its standard output. */
  says(text: string): Promise<void>;
};

/** Starts the action as GitHub's runner does. */
function launch(inputs: Environment, env: Environment = onGithub()): Run {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, ["--no-warnings", action], {
    env: { PATH, HOME, ...env, ...inputs },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      said[stream] += text;
    });
  }
  return {
    child,
    end: once(child, "close").then(([code]) => ({ code, ...said })),
    says: async (text) => {
      while (!said.stdout.includes(text)) await once(child.stdout, "data");
    },
  };
}

function onGithub(over: Environment = {}): Environment {
  return {
    GITHUB_ACTIONS: "true",
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_OUTPUT: outputFile,
    GITHUB_STEP_SUMMARY: summaryFile,
    ...over,
  };
}

/** Lets the process take this machine for another kind, before anything of the action is loaded. */
function machine(kind: { platform?: string; arch?: string }): Environment {
  const lines = Object.entries(kind).map(
    ([name, value]) => `Object.defineProperty(process,"${name}",{value:"${value}"});`,
  );
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(lines.join(""))}` };
}

const runs = (does: string, env?: Environment) => launch({ INPUT_DOES: does }, env).end;

const outputs = () => readFile(outputFile, "utf8");
const summary = () => readFile(summaryFile, "utf8");

/** Cancels a run as GitHub does; returns the signals that it took until the run had ended. */
async function cancel(child: ChildProcess): Promise<NodeJS.Signals[]> {
  const sent: NodeJS.Signals[] = [];
  const over = new AbortController();
  child.once("exit", () => over.abort());
  for (const [signal, afterMs] of CANCELLATION) {
    await pause(afterMs, over.signal);
    if (over.signal.aborted) break;
    sent.push(signal);
    child.kill(signal);
  }
  return sent;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

test("a run that succeeds exits with 0 and leaves outputs, summary and annotations", async () => {
  const { code, stdout } = await runs("report");

  expect(code).toBe(0);
  const written = await outputs();
  expect(written).toMatch(/^steps<<(\S+)\n3\n\1$/m);
  expect(written).toMatch(/^changed<<(\S+)\ntrue\n\1$/m);
  expect(written).toMatch(/^wei<<(\S+)\n{"total":"100000000000000000000"}\n\1$/m);
  expect(written).toMatch(/^text<<(\S+)\none\ntwo\n\1$/m);
  expect(await summary()).toBe("## All is well\n");
  expect(stdout.split("\n")).toEqual(
    expect.arrayContaining([
      "one line for the log",
      "::warning::look at this",
      "::add-mask::hunter2",
    ]),
  );
});

test("a report of what fails all the same leaves outputs and summary, and fails", async () => {
  const { code, stdout } = await runs("report what fails all the same");

  expect(code).toBe(1);
  expect(await outputs()).toMatch(/^steps<<(\S+)\n3\n\1$/m);
  expect(await summary()).toMatch(
    /^> \[!CAUTION\]\n> \*\*It is bad\.\*\*[\s\S]*\(`not-liked`\)\n\n## All is well\n$/,
  );
  expect(stdout).toContain("::error title=It is bad.::");
});

test("what is still open when the run is over does not keep the job waiting", async () => {
  expect(await runs("report beside an open connection")).toMatchObject({ code: 0 });
});

test("a failure is one annotation, the same words in the summary, and exit code 1", async () => {
  const { code, stdout } = await runs("fail on purpose");

  expect(code).toBe(1);
  expect(stdout).toBe(
    "::error title=It cannot be done%2C 100 %25 sure.::It cannot be done, 100 %25 sure.%0A" +
      "  why:  The token says:%0A    sub: repo:acme/<name>%0A" +
      "  next: Try `luck`.%0A  code: no-luck\n",
  );
  expect(await summary()).toBe(
    "> [!CAUTION]\n> **It cannot be done, 100 % sure.**\n>\n" +
      "> The token says:\n> ```text\n>     sub: repo:acme/<name>\n> ```\n>\n" +
      "> **Next:** Try `luck`. (`no-luck`)\n",
  );
  expect(await outputs()).toBe("");
});

test("an accident is called one, with its stack in the log only", async () => {
  const { code, stdout } = await runs("fail by accident");

  expect(code).toBe(1);
  expect(stdout).toContain("title=Unexpected%3A undefined is not a function::");
  expect(stdout).toContain("fixtures/action.ts:");
  expect(await summary()).toContain("> **Unexpected: undefined is not a function**");
  expect(await summary()).not.toContain("fixtures/action.ts");
});

test("inputs that are wrong are an annotation, too", async () => {
  const { code, stdout } = await launch({ INPUT_DOSE: "report" }).end;

  expect(code).toBe(1);
  expect(stdout).toContain('"dose" is no input; did you mean "does"?');
  expect(stdout).toContain("code: bad-input");
});

test.each([
  {
    env: { GITHUB_SERVER_URL: "https://github.acme.example" },
    says: "https://github.acme.example",
  },
  { env: { GITHUB_SERVER_URL: "https://acme.ghe.com" }, says: "https://acme.ghe.com" },
])("a job of another GitHub than github.com is refused: $says", async ({ env, says }) => {
  const { code, stdout } = await runs("report", onGithub(env));

  expect(code).toBe(1);
  expect(stdout.match(/^::error/gm)).toHaveLength(1);
  expect(stdout).toContain("code: unsupported-server");
  expect(await summary()).toContain(`**This job belongs to ${says}.**`);
  expect(await outputs()).toBe("");
});

test.each([
  { kind: { platform: "darwin" }, says: "This runner's system is macOS." },
  { kind: { platform: "win32" }, says: "This runner's system is Windows." },
  { kind: { platform: "freebsd" }, says: "This runner's system is freebsd." },
  { kind: { arch: "arm" }, says: "This runner's architecture is arm." },
])("a job on a machine of another kind is refused: $says", async ({ kind, says }) => {
  const { code, stdout } = await runs("report", onGithub(machine(kind)));

  expect(code).toBe(1);
  expect(stdout.match(/^::error/gm)).toHaveLength(1);
  expect(stdout).toContain("code: unsupported-machine");
  expect(await summary()).toContain(`**${says}**`);
  expect(await outputs()).toBe("");
});

test.each([{ arch: "x64" }, { arch: "arm64" }])("a job runs on Linux on $arch", async (kind) => {
  expect(await runs("report", onGithub(machine({ platform: "linux", ...kind })))).toMatchObject({
    code: 0,
  });
});

test("a child does not find in its parent what it was not given", async () => {
  const secrets = {
    ACTIONS_RUNTIME_TOKEN: "token-of-the-runner",
    AWS_SECRET_ACCESS_KEY: "its-key",
  };
  const { stdout } = await launch({ INPUT_DOES: "let a child look at it", ...secrets }, {}).end;

  const { found, own } = JSON.parse(stdout.slice(stdout.indexOf("{")));
  expect(own).toBe(secrets.ACTIONS_RUNTIME_TOKEN);
  expect(found).toContain(`HOME=${process.env.HOME}`);
  expect(found).toMatch(/ACTIONS_RUNTIME_TOKEN=\0/);
  expect(found).not.toMatch(/token-of-the-runner|its-key|look at it/);
});

test("from a terminal results and errors are plain text", async () => {
  const good = await runs("report", {});
  const bad = await runs("fail on purpose", {});

  expect(good.code).toBe(0);
  expect(good.stdout).toContain("## All is well");
  expect(good.stdout).toContain('"total": "100000000000000000000"');
  expect(good.stdout).not.toContain("hunter2");
  expect(bad.code).toBe(1);
  expect(bad.stderr).toContain("error: It cannot be done, 100 % sure.\n  why:  The token says:");
});

test("from a terminal an action runs on other machines, too", async () => {
  const { code, stdout } = await runs("report", machine({ platform: "darwin", arch: "arm64" }));

  expect(code).toBe(0);
  expect(stdout).toContain("## All is well");
});

test.each(["wait", "wait without listening"])(
  "a cancelled run that would %s ends at the first signal, having said how to go on",
  async (does) => {
    const { child, end, says } = launch({ INPUT_DOES: does });
    await says("waiting");

    const signals = await cancel(child);

    expect(signals).toEqual(["SIGINT"]);
    expect((await end).code).toBe(1);
    expect(await summary()).toContain("It got SIGINT: somebody cancelled it.");
    expect(await summary()).toContain("goes on from what is stored");
  },
  20_000,
);

test("SIGTERM alone ends a run as well", async () => {
  const { child, end, says } = launch({ INPUT_DOES: "wait" });
  await says("waiting");
  child.kill("SIGTERM");

  expect((await end).code).toBe(1);
  expect(await summary()).toContain("It got SIGTERM");
});

test("a run ends itself at its deadline", async () => {
  const { code } = await launch({ INPUT_DOES: "wait", INPUT_DEADLINE: "50ms" }).end;

  expect(code).toBe(1);
  expect(await summary()).toContain("Its deadline has come.");
});

test("a run that keeps its deadline by itself has time for what comes after it", async () => {
  const inputs = { INPUT_DOES: "wait a moment", INPUT_DEADLINE: "10ms", INPUT_KEEPS: "it" };
  const { code } = await launch(inputs).end;

  expect(code).toBe(0);
});

test("a deadline longer than a timer can be is no deadline of now", async () => {
  const { code } = await launch({ INPUT_DOES: "wait a moment", INPUT_DEADLINE: "1000h" }).end;

  expect(code).toBe(0);
});
