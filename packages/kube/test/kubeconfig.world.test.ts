import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Clock, realClock } from "@playbook/action";
import { startProcess } from "@playbook/world";
import { stringify } from "yaml";
import { connectByFile, defaultPath, kubeconfigFile } from "../src/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "playbook-kubeconfig-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const base64 = (text: string) => Buffer.from(text).toString("base64");

async function written(user: object, cluster: object = {}): Promise<string> {
  const path = join(folder, "config");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "c", cluster: { server: "https://10.0.0.1:6443/", ...cluster } },
      { name: "d", cluster: { server: "https://10.0.0.2:6443/" } },
    ],
    users: [
      { name: "u", user },
      { name: "v", user: { token: "of-v" } },
    ],
    contexts: [
      { name: "one", context: { cluster: "c", user: "u", namespace: "axon" } },
      { name: "other", context: { cluster: "d", user: "v" } },
      { name: "lost", context: { cluster: "none", user: "u" } },
    ],
    "current-context": "one",
  };
  await writeFile(path, stringify(config));
  return path;
}

const connect = (path: string, over: { context?: string; clock?: Clock } = {}) =>
  connectByFile({ path, clock: realClock, env: { PATH: process.env.PATH }, ...over });

test("certificates and authorities are taken from data or from files beside it", async () => {
  await writeFile(join(folder, "ca.pem"), "the authority");
  const user = { "client-certificate-data": base64("a cert"), "client-key-data": base64("a key") };
  const path = await written(user, { "certificate-authority": "ca.pem" });

  const connection = await connect(path);

  expect(connection).toMatchObject({
    cluster: "c",
    server: "https://10.0.0.1:6443",
    ca: "the authority",
    namespace: "axon",
  });
  expect(await connection.credential()).toEqual({ certificate: { cert: "a cert", key: "a key" } });
});

test("a context that is named comes before the current one", async () => {
  const path = await written({ token: "of-u" });

  const [current, named] = [await connect(path), await connect(path, { context: "other" })];

  expect(current).toMatchObject({ cluster: "c", server: "https://10.0.0.1:6443" });
  expect(named).toMatchObject({ cluster: "d", server: "https://10.0.0.2:6443" });
  expect(await named.credential()).toEqual({ token: "of-v" });
});

test("a file of a token is read each time, since it is renewed", async () => {
  await writeFile(join(folder, "token"), "first\n");
  const connection = await connect(await written({ tokenFile: "token" }));
  expect(await connection.credential()).toEqual({ token: "first" });

  await writeFile(join(folder, "token"), "second\n");

  expect(await connection.credential()).toEqual({ token: "second" });
});

const PLUGIN = `#!/bin/sh
echo run >> "$COUNT"
printf '%s' "$KUBERNETES_EXEC_INFO" > "$COUNT.info"
n=$(wc -l < "$COUNT")
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",'
echo '"status":{"token":"token-'$n'","expirationTimestamp":"2026-11-27T08:00:00Z"}}'
`;

async function plugged(script = PLUGIN, over: object = {}) {
  await writeFile(join(folder, "plugin.sh"), script, { mode: 0o755 });
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "./plugin.sh",
    env: [{ name: "COUNT", value: join(folder, "count") }],
    ...over,
  };
  return written({ exec });
}

test("a plugin is asked once, again a minute before its answer ends, and when that is refused", async () => {
  let time = Date.parse("2026-11-27T07:00:00Z");
  const clock: Clock = { now: () => time, sleep: async () => {} };
  const connection = await connect(await plugged(), { clock });

  const first = await connection.credential();
  expect(first).toEqual({ token: "token-1" });
  const told = JSON.parse(await readFile(join(folder, "count.info"), "utf8"));
  expect(told).toMatchObject({ kind: "ExecCredential", spec: { interactive: false } });
  expect(await connection.credential()).toBe(first);
  time = Date.parse("2026-11-27T07:59:30Z");
  const second = await connection.credential();
  expect(second).toEqual({ token: "token-2" });
  time = Date.parse("2026-11-27T07:00:00Z");
  connection.renew(first);
  expect(await connection.credential()).toBe(second);
  connection.renew(second);
  expect(await connection.credential()).toEqual({ token: "token-3" });
});

test("a plugin that fails is named with its complaint, and its answer is not shown", async () => {
  const complains = "#!/bin/sh\necho 'sign in first' >&2\nexit 3\n";
  const refused = (await connect(await plugged(complains))).credential();
  await expect(refused).rejects.toMatchObject({ code: "plugin-failed", why: "sign in first" });

  const garbled = "#!/bin/sh\necho 'a-secret-token'\n";
  const error = await (await connect(await plugged(garbled))).credential().catch((it) => it);
  expect(error.code).toBe("plugin-failed");
  expect(error.message).not.toContain("a-secret-token");

  const absent = await plugged(PLUGIN, { command: "no-such-plugin-anywhere" });
  await expect((await connect(absent)).credential()).rejects.toMatchObject({
    code: "plugin-failed",
    why: expect.stringContaining("ENOENT"),
  });
});

test.each([
  { what: "a context that is not there", context: "two", why: /no context "two"/ },
  { what: "a context without its cluster", context: "lost", why: /a cluster or user it lacks/ },
])("$what is told", async ({ context, why }) => {
  const path = await written({ token: "t" });

  await expect(connect(path, { context })).rejects.toMatchObject({
    code: "bad-kubeconfig",
    why: expect.stringMatching(why),
  });
});

test("a file that is none is told without what stands in it", async () => {
  const path = join(folder, "config");
  await expect(connect(path)).rejects.toMatchObject({ code: "bad-kubeconfig" });
  await writeFile(path, "users: [{token: a-secret-token\n]]:");
  const error = await connect(path).catch((it) => it);
  expect(error.code).toBe("bad-kubeconfig");
  expect(JSON.stringify(error) + error.message).not.toContain("a-secret-token");
  await expect(connect(await written({ "auth-provider": { name: "gcp" } }))).rejects.toMatchObject({
    code: "bad-kubeconfig",
    why: expect.stringContaining("exec"),
  });
});

test("a terminal's file is the first of KUBECONFIG, or in the home folder", () => {
  expect(defaultPath({ KUBECONFIG: "/a:/b", HOME: "/home/ada" })).toBe("/a");
  expect(defaultPath({ HOME: "/home/ada" })).toBe("/home/ada/.kube/config");
});

test("a file for a child is its owner's alone, and its token is not in it", async () => {
  const connection = await connect(await written({ token: "a-token" }, { "tls-server-name": "k" }));
  const file = await kubeconfigFile(connection);

  const content = await readFile(file.path, "utf8");
  expect(content).not.toContain("a-token");
  expect(JSON.parse(content)).toMatchObject({
    clusters: [{ cluster: { server: "https://10.0.0.1:6443", "tls-server-name": "k" } }],
    contexts: [{ context: { namespace: "axon" } }],
  });
  const { tokenFile } = JSON.parse(content).users[0].user;
  expect(await readFile(tokenFile, "utf8")).toBe("a-token");
  for (const name of await readdir(file.folder)) {
    expect((await stat(join(file.folder, name))).mode & 0o077).toBe(0);
  }
  expect((await stat(file.folder)).mode & 0o077).toBe(0);

  await file[Symbol.asyncDispose]();
  await expect(stat(file.folder)).rejects.toMatchObject({ code: "ENOENT" });
});

test("the token for a child is renewed while it runs, also after a renewal that failed", async () => {
  let made = 0;
  const connection = {
    ...(await connect(await written({ token: "t" }))),
    credential: async () => {
      made += 1;
      if (made === 4) throw new Error("STS is away");
      return { token: `token-${made}` };
    },
  };
  await using file = await kubeconfigFile(connection, { lookMs: 5 });
  const { tokenFile } = JSON.parse(await readFile(file.path, "utf8")).users[0].user;

  const isRenewed = async () => Number((await readFile(tokenFile, "utf8")).slice(6)) > 5;
  while (!(await isRenewed())) await realClock.sleep(5);

  expect((await stat(tokenFile)).mode & 0o077).toBe(0);
});

test("the file for a child goes when the process dies that made it", async () => {
  const script = fileURLToPath(new URL("./fixtures/makes-a-file.ts", import.meta.url));
  const path = await written({ token: "a-token" });
  let made = "";
  await using child = await startProcess({
    command: process.execPath,
    args: [script, path],
    cwd: dirname(script),
    ready: (output) => {
      made = /made (\S+)/.exec(output)?.[1] ?? "";
      return made !== "";
    },
  });
  expect((await stat(made)).isDirectory()).toBe(true);

  process.kill(child.pid, "SIGKILL");
  await child.exited;

  while (await stat(made).catch(() => undefined)) await realClock.sleep(20);
});
