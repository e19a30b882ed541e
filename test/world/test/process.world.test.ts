import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort, startProcess } from "../src/process.ts";

const sh = (script: string) => ({ command: "/bin/sh", args: ["-c", script] });

const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function gone(pids: number[]): Promise<void> {
  while (pids.some(alive)) await sleep(20);
}

const pidsIn = (text: string) => [...text.matchAll(/^\w+ (\d+)$/gm)].map(([, pid]) => Number(pid));

test("a program is ready when its output says so", async () => {
  await using program = await startProcess({
    ...sh("echo starting; sleep 0.1; echo listening on 4711; sleep 600"),
    ready: (output) => output.includes("listening"),
  });

  expect(program.output()).toBe("starting\nlistening on 4711\n");
  expect(alive(program.pid)).toBe(true);
});

test("a probe that throws or rejects is asked again", async () => {
  let asked = 0;
  await using program = await startProcess({
    ...sh("sleep 600"),
    ready: async () => {
      asked += 1;
      if (asked < 3) throw new Error("connection refused");
      return true;
    },
  });

  expect(asked).toBe(3);
  expect(alive(program.pid)).toBe(true);
});

test("a program that dies while it starts shows its last words", async () => {
  const starting = startProcess({
    ...sh("echo the port is taken >&2; exit 3"),
    name: "anvil",
    ready: () => false,
  });

  await expect(starting).rejects.toThrow(
    /^anvil ended with 3 before it was ready.*the port is taken/s,
  );
});

test("a program that is not ready in time is killed, and its error says what it wrote", async () => {
  const starting = startProcess({
    ...sh("echo leader $$; exec sleep 600"),
    ready: () => false,
    deadlineMs: 300,
  });

  const error = await starting.catch((error: Error) => error);
  expect(String(error)).toMatch(/was not ready after 0.3 s/);
  await gone(pidsIn(String(error)));
});

test("a program that does not exist is an error that names it", async () => {
  const starting = startProcess({ command: "/no/such/program", ready: () => false });

  await expect(starting).rejects.toThrow(/\/no\/such\/program/);
});

test("a program sees the environment it is given and nothing of ours", async () => {
  process.env.PLAYBOOK_SECRET_OF_THE_PARENT = "1";
  await using program = await startProcess({
    command: "/usr/bin/env",
    env: { GREETING: "hello" },
    ready: (output) => output.includes("GREETING"),
  });

  expect(program.output()).toContain("GREETING=hello");
  expect(program.output()).not.toContain("PLAYBOOK_SECRET_OF_THE_PARENT");
});

test("stop lets a program end in good order", async () => {
  const program = await startProcess({
    ...sh("trap 'echo goodbye; exit 0' TERM; echo up; while :; do sleep 0.02; done"),
    ready: (output) => output.includes("up"),
  });

  await program.stop();

  expect(program.output()).toContain("goodbye");
  await expect(program.exited).resolves.toEqual({ code: 0, signal: null });
});

test("stop kills a program that does not listen", async () => {
  const program = await startProcess({
    ...sh("trap '' TERM; echo up; while :; do sleep 0.02; done"),
    ready: (output) => output.includes("up"),
  });

  await program.stop(100);

  await expect(program.exited).resolves.toEqual({ code: null, signal: "SIGKILL" });
});

test("stop ends the children too, wherever they went", async () => {
  const program = await startProcess({
    ...sh(
      "sleep 600 & echo child $!; setsid sleep 600 & echo session $!; (sleep " +
        "600 & echo orphan $!); echo all; wait",
    ),
    ready: (output) => output.includes("all"),
  });
  const pids = pidsIn(program.output());
  expect(pids).toHaveLength(3);

  await program.stop();

  await gone([program.pid, ...pids]);
});

test("what a program leaves behind when it ends by itself goes too", async () => {
  const program = await startProcess({
    ...sh("sleep 600 & echo child $!; echo all; sleep 0.1"),
    ready: (output) => output.includes("all"),
  });

  await program.exited;

  await gone(pidsIn(program.output()));
});

test.each([
  { says: "the parent is killed", script: "parent.ts" },
  { says: "what the parent works for is killed", script: "grandparent.ts" },
])("nothing is left when $says", async ({ script }) => {
  const path = fileURLToPath(new URL(`./fixtures/${script}`, import.meta.url));
  const killed = spawn(process.execPath, [path], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  for await (const data of killed.stdout) {
    output += data;
    if (output.includes("end\n")) break;
  }
  const pids = pidsIn(output);
  expect(pids).toHaveLength(5);
  expect(pids.every(alive)).toBe(true);

  killed.kill("SIGKILL");

  await gone(pids);
});

test("a free port can be listened on", async () => {
  const port = await freePort();

  const server = createServer().listen(port, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  expect(server.address()).toMatchObject({ port });
  server.close();
});
