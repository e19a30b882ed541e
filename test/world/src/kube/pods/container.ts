import { execFile } from "node:child_process";
import { createWriteStream, statSync } from "node:fs";
import { mkdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Exit, type Process, startProcess } from "../../process.ts";

const sandbox = fileURLToPath(new URL("./sandbox.sh", import.meta.url));

/** Between a container's beginning and its program's. */
const SETTLES_MS = 50;

export type Mount = { source: string; target: string; readOnly: boolean };

export type ContainerPlan = {
  /** A folder of this start's own, that is not there yet. */
  dir: string;
  /** CRI's format, for `kubectl logs`. */
  logFile: string;
  /** What /etc/hosts has at the start. */
  hosts: string;
  command: string[];
  env: Record<string, string>;
  workingDir: string;
  mounts: Mount[];
  readOnlyRoot: boolean;
  user: { uid: number; gid: number; groups: number[] };
};

/** A container: its processes have its folder for `/`, and see no others. */
export class Container implements AsyncDisposable {
  readonly #process: Process;
  readonly #plan: ContainerPlan;

  private constructor(process: Process, plan: ContainerPlan) {
    this.#process = process;
    this.#plan = plan;
  }

  static async start(plan: ContainerPlan): Promise<Container> {
    const root = join(plan.dir, "root");
    await prepareRoot(root, plan.hosts);
    const mounts = join(plan.dir, "mounts");
    const lines = plan.mounts.map(
      ({ source, target, readOnly }) => `${source}\t${target}\t${readOnly ? "ro" : "rw"}\n`,
    );
    await writeFile(mounts, lines.join(""));

    const { uid, gid, groups } = plan.user;
    const asRoot = process.getuid?.() === 0;
    const user = asRoot ? [String(uid), String(gid), [gid, ...groups].join(",")] : ["", "", ""];
    const namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"];
    const started = await startProcess({
      name: `container in ${plan.dir}`,
      command: "/usr/bin/unshare",
      args: [
        ...(asRoot ? [] : ["--user", "--map-root-user"]),
        ...namespaces,
        ...["--", "/bin/sh", sandbox, root, mounts, String(plan.readOnlyRoot)],
        ...[join(plan.dir, "begun"), plan.workingDir, ...user, ...plan.command],
      ],
      env: plan.env,
      stdout: logLines(plan.logFile),
      ready: () => statSync(join(plan.dir, "begun")).size > 0,
    });
    return new Container(started, plan);
  }

  /** 128 and the signal's number when a signal has ended it, as kubelets tell it. */
  get exited(): Promise<number> {
    return this.#process.exited.then(({ code, signal }: Exit) => code ?? 128 + numberOf(signal));
  }

  output(): string {
    return this.#process.output();
  }

  /** Runs another command inside, with the same environment; rejects when it fails. */
  async exec(command: string[], timeoutMs: number): Promise<string> {
    const first = await this.#first();
    if (!first) throw new Error("container not running");
    const user = process.getuid?.() === 0 ? [] : ["--user", "--preserve-credentials"];
    const flags = ["--target", String(first), ...user, "--mount", "--pid", "--root", "--wd"];
    const options = { env: this.#plan.env, timeout: timeoutMs, killSignal: "SIGKILL" as const };
    const { stdout } = await promisify(execFile)(
      "/usr/bin/nsenter",
      [...flags, ...command],
      options,
    );
    return stdout;
  }

  async writeHosts(text: string): Promise<void> {
    await writeFile(join(this.#plan.dir, "root", "etc", "hosts"), text).catch(() => {});
  }

  /** SIGTERM for its first process, which can ignore it, and the end of all `graceMs` later. */
  async stop(graceMs: number): Promise<void> {
    const patience = new AbortController();
    const late = sleep(graceMs, undefined, patience).catch(() => {});
    if (graceMs > 0) {
      // Its last shell takes no signals.
      await sleep(SETTLES_MS);
      const first = await this.#first();
      if (first) process.kill(first, "SIGTERM");
      await Promise.race([this.#process.exited, late]);
    }
    patience.abort();
    await this.#process.stop(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop(0);
    await rm(this.#plan.dir, { recursive: true, force: true, maxRetries: 3 });
  }

  /** The program's id out here; beside it there is the guard of process-guard.sh. */
  async #first(): Promise<number | undefined> {
    const { pid } = this.#process;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
    const outside = await namespaceOf("self");
    for (const child of children.trim().split(" ")) {
      const namespace = await namespaceOf(child);
      if (namespace !== undefined && namespace !== outside) return Number(child);
    }
    return undefined;
  }
}

function namespaceOf(pid: string): Promise<string | undefined> {
  return readlink(`/proc/${pid}/ns/pid`).catch(() => undefined);
}

async function prepareRoot(root: string, hosts: string): Promise<void> {
  const etc = join(root, "etc");
  await mkdir(etc, { recursive: true });
  await mkdir(join(root, "app"));
  await Promise.all([
    symlink("/usr/local/bin/axon", join(root, "app", "axon")),
    writeFile(join(etc, "hosts"), hosts),
    writeFile(join(etc, "nsswitch.conf"), "hosts: files\n"),
    writeFile(join(etc, "passwd"), "root:x:0:0:root:/root:/bin/sh\n"),
    writeFile(join(etc, "group"), "root:x:0:\n"),
  ]);
}

/** Each line with its time, as container runtimes write them. */
function logLines(path: string): Transform {
  let begun = "";
  const line = (text: string) => `${new Date().toISOString()} stdout F ${text}\n`;
  const stream = new Transform({
    decodeStrings: false,
    transform(chunk, _encoding, done) {
      const parts = (begun + String(chunk)).split("\n");
      begun = parts.pop() ?? "";
      done(null, parts.map(line).join(""));
    },
    flush(done) {
      done(null, begun === "" ? "" : line(begun));
    },
  });
  stream.pipe(createWriteStream(path, { flags: "a" }));
  return stream;
}

const SIGNALS: Record<string, number> = { SIGKILL: 9, SIGTERM: 15, SIGINT: 2, SIGABRT: 6 };

function numberOf(signal: NodeJS.Signals | null): number {
  return SIGNALS[signal ?? ""] ?? 1;
}
