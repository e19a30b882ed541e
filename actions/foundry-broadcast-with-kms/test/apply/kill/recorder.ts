// Loaded before anything else (node --import) into a process that is watched: it writes every call
// and every write to the disk into a log, and kills the process in front of one of them, between
// its effect and its reply, after it, or within a batch. The library's own code knows nothing of
// it.
import { subscribe } from "node:diagnostics_channel";
import fs from "node:fs";
import promises from "node:fs/promises";
import type { ClientRequest, IncomingMessage } from "node:http";
import { createRequire, syncBuiltinESMExports } from "node:module";
import type { Socket } from "node:net";
import { resolve } from "node:path";
import { type Death, type Effect, WATCH, type Watch } from "./effect.ts";
import { nameOf, stable } from "./name.ts";

const { appendFileSync } = fs;
const watch = JSON.parse(process.env[WATCH] ?? "null") as Watch;

const seen = new Map<string, number>();

function note(effect: Omit<Effect, "nth">): Effect {
  const name = stable(watch.own.reduce((text, own) => text.replaceAll(own, "~"), effect.name));
  const nth = (seen.get(name) ?? 0) + 1;
  seen.set(name, nth);
  const noted = { ...effect, name, nth };
  appendFileSync(watch.log, `${JSON.stringify(noted)}\n`);
  return noted;
}

function isDue({ name, nth, size }: Effect, when: Death["when"]): boolean {
  const { death } = watch;
  if (death?.name !== name || death.nth !== nth || death.when !== when) return false;
  return death.when !== "within" || death.calls < size;
}

/** As a machine goes away: nothing is flushed, closed or told, and no line more is run. */
function dieIf(effect: Effect, when: Death["when"]): void {
  if (!isDue(effect, when)) return;
  process.kill(process.pid, "SIGKILL");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

const calls = new WeakMap<ClientRequest, Effect>();

/**
 * A line that breaks within a batch lets its first calls through; their reply is what kills then.
 */
function shortened(request: ClientRequest, effect: Effect, body: unknown): unknown {
  const { death } = watch;
  if (death?.when !== "within" || !isDue(effect, "within")) return body;
  const first = JSON.stringify(JSON.parse(String(body)).slice(0, death.calls));
  request.setHeader("content-length", Buffer.byteLength(first));
  return first;
}

subscribe("http.client.request.created", (message) => {
  const { request } = message as { request: ClientRequest };
  const before = (body: unknown) => {
    if (calls.has(request)) return body;
    const host = String(request.getHeader("host"));
    const effect = note(nameOf(request, body, watch.hosts[host] ?? host, host in watch.hosts));
    calls.set(request, effect);
    dieIf(effect, "before");
    return shortened(request, effect, body);
  };
  // Whatever of these comes first is where the first byte would leave.
  const { write, end } = request;
  Object.assign(request, {
    write: (body: unknown, ...rest: unknown[]) =>
      Reflect.apply(write, request, [before(body), ...rest]),
    end: (body: unknown, ...rest: unknown[]) =>
      Reflect.apply(end, request, [before(body), ...rest]),
  });
});

subscribe("http.client.response.finish", (message) => {
  const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
  const effect = calls.get(request);
  if (!effect) return;
  dieIf(effect, "unanswered");
  dieIf(effect, "within");
  response.once("close", () => setImmediate(() => dieIf(effect, "after")));
});

subscribe("net.client.socket", (message) => {
  const { socket } = message as { socket: Socket };
  socket.once("connect", () => {
    const host = `${socket.remoteAddress}:${socket.remotePort}`;
    const where = watch.hosts[host] ?? host;
    note({ kind: "socket", name: where, where, size: 1 });
  });
});

const require = createRequire(import.meta.url);
const { ChildProcess } = require("node:child_process") as {
  ChildProcess: { prototype: { spawn(options: { file: string }): unknown } };
};
const { spawn } = ChildProcess.prototype;
ChildProcess.prototype.spawn = function (options) {
  note({ kind: "spawn", name: options.file, where: options.file, size: 1 });
  return Reflect.apply(spawn, this, [options]);
};

type Write = (...given: unknown[]) => unknown;
let inside = false;

/** The file that a call is about; undefined when it changes nothing that outlives the process. */
function fileOf(name: string, given: unknown[]): string | undefined {
  const flags = given[1];
  if (name.startsWith("open") && (flags === undefined || flags === "r")) return undefined;
  const path = String(name.startsWith("link") || name.startsWith("rename") ? flags : given[0]);
  return path.startsWith("/proc/") || path === watch.log ? undefined : resolve(path);
}

function onDisk(name: string, given: unknown[]): Effect | undefined {
  const where = fileOf(name, given);
  if (where === undefined || inside) return undefined;
  const effect = note({ kind: "disk", name: `disk ${name} ${where}`, where, size: 1 });
  dieIf(effect, "before");
  return effect;
}

function after(effect: Effect): void {
  dieIf(effect, "unanswered");
  setImmediate(() => dieIf(effect, "after"));
}

function watchPromises(home: Record<string, Write>, names: string[]): void {
  for (const name of names) {
    const real = home[name] as Write;
    home[name] = async (...given) => {
      const effect = onDisk(name, given);
      const result = await Reflect.apply(real, home, given);
      if (effect) after(effect);
      return name === "open" && effect ? watchedFile(result as object, effect.where) : result;
    };
  }
}

function watchSync(home: Record<string, Write>, names: string[]): void {
  for (const name of names) {
    const real = home[name] as Write;
    home[name] = (...given) => {
      const effect = onDisk(name, given);
      if (!effect) return Reflect.apply(real, home, given);
      inside = true;
      try {
        return Reflect.apply(real, home, given);
      } finally {
        inside = false;
        after(effect);
      }
    };
  }
}

const HANDLED = ["appendFile", "datasync", "sync", "truncate", "write", "writeFile", "writev"];

/** A file that is open for writing: each write and each sync of it is an effect. */
function watchedFile(file: object, path: string): object {
  for (const name of HANDLED) {
    const real = Reflect.get(file, name) as Write;
    const watched = async (...given: unknown[]) => {
      const effect = note({ kind: "disk", name: `disk ${name} ${path}`, where: path, size: 1 });
      dieIf(effect, "before");
      const result = await Reflect.apply(real, file, given);
      after(effect);
      return result;
    };
    Object.defineProperty(file, name, { value: watched });
  }
  return file;
}

const CHANGES = ["appendFile", "chmod", "copyFile", "cp", "link", "mkdir", "mkdtemp", "open"];
CHANGES.push("rename", "rm", "rmdir", "symlink", "truncate", "unlink", "utimes", "writeFile");

watchPromises(promises as unknown as Record<string, Write>, CHANGES);
watchSync(
  fs as unknown as Record<string, Write>,
  CHANGES.map((name) => `${name}Sync`),
);
const { createWriteStream } = fs;
Object.assign(fs, {
  createWriteStream: (...given: Parameters<typeof createWriteStream>) => {
    const effect = onDisk("createWriteStream", given);
    const stream = Reflect.apply(createWriteStream, fs, given);
    if (effect) stream.once("close", () => after(effect));
    return stream;
  },
});
syncBuiltinESMExports();
