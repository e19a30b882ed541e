import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type TemporaryFolder, temporaryFolder } from "@playbook/world";
import { program } from "../../../../scripts/programs.ts";
import { chart } from "./rendered.ts";

const axon = fileURLToPath(new URL("../../../../test/world/axon-command.sh", import.meta.url));

let folder: TemporaryFolder;
let data: string;

beforeEach(async () => {
  folder = await temporaryFolder("chart-scripts");
  data = join(folder.path, "data");
  await mkdir(data);
});

afterEach(() => folder[Symbol.asyncDispose]());

type Ended = { code: number | null; said: string };

async function script(name: string, env: Record<string, string> = {}): Promise<Ended> {
  const child = spawn("/bin/sh", [join(chart, "files", name)], {
    env: {
      PATH: process.env.PATH ?? "",
      AXON_BINARY: axon,
      AXON_CALLS: join(folder.path, "calls"),
      AXON_CONFIG: "/etc/axon/config.toml",
      AXON_SPEC: "/etc/axon/chain-spec.toml",
      AXON_GENESIS: "abc",
      AXON_ADOPT: "false",
      AXON_DATA: data,
      AXON_FORK_START: "100",
      AXON_FORK_FEATURES: "Andromeda",
      ...env,
    },
  });
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { code, said: out + err };
}

async function calls(): Promise<string[]> {
  const written = await readFile(join(folder.path, "calls"), "utf8").catch(() => "");
  return written.split("\n").filter(Boolean);
}

const INIT = "init -c /etc/axon/config.toml -s /etc/axon/chain-spec.toml";

test("a new volume gets its genesis block once, however often the pod starts", async () => {
  const first = await script("init.sh");
  expect(first).toEqual({ code: 0, said: "axon-init: the genesis block is made.\n" });
  expect((await script("init.sh")).code).toBe(0);
  expect(await calls()).toEqual([INIT]);
  expect((await readdir(data)).sort()).toEqual([".axon-init-done", "rocksdb"]);
  expect(await readFile(join(data, ".axon-init-done"), "utf8")).toBe("abc");
});

test("half an init is found and named, and no second one is tried", async () => {
  expect((await script("init.sh", { AXON_DIES: "1" })).code).not.toBe(0);
  for (const adopt of ["false", "true"]) {
    const { code, said } = await script("init.sh", { AXON_ADOPT: adopt });
    expect(code).toBe(1);
    expect(said).toContain(`Half an init: ${data}/rocksdb was begun`);
    expect(said).toContain(`delete ${data}/rocksdb and ${data}/.axon-init-begun from a pod that`);
  }
  expect(await calls()).toEqual([INIT]);

  await rm(join(data, "rocksdb"), { recursive: true });
  await rm(join(data, ".axon-init-begun"));
  expect((await script("init.sh")).code).toBe(0);
});

test("an init that was killed before it had begun anything is begun again", async () => {
  await writeFile(join(data, ".axon-init-begun"), "");
  expect((await script("init.sh")).code).toBe(0);
  expect((await readdir(data)).sort()).toEqual([".axon-init-done", "rocksdb"]);
});

test("a chain that somebody else has made is taken when that was said, and never made anew", async () => {
  await mkdir(join(data, "rocksdb"));
  const refused = await script("init.sh");
  expect(refused.code).toBe(1);
  expect(refused.said).toContain("set init.adopt");

  expect((await script("init.sh", { AXON_ADOPT: "true" })).code).toBe(0);
  expect((await script("init.sh")).code).toBe(0);
  expect(await calls()).toEqual([]);
});

test("a volume that has lost its chain is not made into an empty one", async () => {
  await script("init.sh");
  await rm(join(data, "rocksdb"), { recursive: true });
  const { code, said } = await script("init.sh");
  expect(code).toBe(1);
  expect(said).toContain("Restore this volume from a backup");
  expect(await calls()).toEqual([INIT]);
});

test("a chain spec that has changed since is told of, and the volume counts", async () => {
  await script("init.sh");
  const { code, said } = await script("init.sh", { AXON_GENESIS: "def" });
  expect(code).toBe(0);
  expect(said).toContain("the chain spec is not the one that this volume was made of");
});

test("what a node signed last is kept, and only a file that was cut off is deleted", async () => {
  await script("init.sh");
  const wal = join(data, "consensus_wal");
  await mkdir(wal);
  const whole = "d".repeat(32);
  await writeFile(join(wal, "1700000000001"), whole);
  for (const cutOff of ["", "d".repeat(31)]) {
    await writeFile(join(wal, "1700000000002"), cutOff);
    const { code, said } = await script("init.sh");
    expect(code).toBe(0);
    expect(said).toContain(`${wal}/1700000000002 was cut off`);
    expect(await readdir(wal)).toEqual(["1700000000001"]);
  }
  expect((await script("init.sh")).said).not.toContain("cut off");
  expect(await readFile(join(wal, "1700000000001"), "utf8")).toBe(whole);
});

const FORK = "hardfork -c /etc/axon/config.toml --hardfork-start-number 100 --feature andromeda";

test("a fork is prepared once, also when the pod starts again after its height", async () => {
  expect((await script("hardfork.sh")).code).toBe(0);
  expect((await script("hardfork.sh", { AXON_HEIGHT: "500" })).code).toBe(0);
  expect(await calls()).toEqual([FORK]);
});

test("a fork whose preparing was killed is prepared again", async () => {
  expect((await script("hardfork.sh", { AXON_DIES: "1" })).code).not.toBe(0);
  expect((await script("hardfork.sh")).code).toBe(0);
  expect(await calls()).toEqual([FORK, FORK]);
});

test("a node that was not prepared in time starts all the same, and says so", async () => {
  const { code, said } = await script("hardfork.sh", { AXON_HEIGHT: "100" });
  expect(code).toBe(0);
  expect(said).toContain("block 100 is past: this node was not prepared for it");
  expect(await readdir(data)).toEqual([]);
});

test("another fork is prepared after the first one, with all its features", async () => {
  await script("hardfork.sh");
  const { code } = await script("hardfork.sh", {
    AXON_FORK_START: "200",
    AXON_FORK_FEATURES: "None Andromeda",
  });
  expect(code).toBe(0);
  expect((await calls())[1]).toContain("number 200 --feature none --feature andromeda");
});

/** Where a container finds its keys, and where they come from if they do. */
async function keyFolders(stored?: Record<string, string>) {
  const keys = join(folder.path, "keys");
  const from = join(folder.path, "stored");
  await Promise.all([mkdir(keys), mkdir(from)]);
  const files = Object.entries(stored ?? {});
  await Promise.all(files.map(([name, content]) => writeFile(join(from, name), content)));
  return { AXON_KEYS: keys, AXON_KEYS_FROM: stored ? from : "" };
}

test("a validator's keys are copied as they are, to be read by its user and group alone", async () => {
  const env = await keyFolders({ "net.key": "n".repeat(32), "bls.key": "b".repeat(32) });
  expect(await script("keys.sh", env)).toEqual({ code: 0, said: "" });
  expect(await script("keys.sh", env)).toEqual({ code: 0, said: "" });
  for (const name of ["net.key", "bls.key"]) {
    const file = join(env.AXON_KEYS, name);
    expect(await readFile(file, "utf8")).toBe((name[0] ?? "").repeat(32));
    expect((await stat(file)).mode & 0o777).toBe(0o440);
  }
});

test("a key in hexadecimal digits is refused, and not quoted", async () => {
  const env = await keyFolders({ "net.key": "ab".repeat(32), "bls.key": "b".repeat(32) });
  const { code, said } = await script("keys.sh", env);
  expect(code).toBe(1);
  expect(said).toContain("net.key has 64 bytes and not the 32 of a raw key");
  expect(said).not.toContain("abab");
});

test("a node without a vote makes keys up, and keeps them as long as its pod", async () => {
  const env = await keyFolders();
  const read = () =>
    Promise.all(["net.key", "bls.key"].map((name) => readFile(join(env.AXON_KEYS, name))));
  await script("keys.sh", env);
  const [net, bls] = await read();
  expect([net?.length, bls?.length, net?.[0], bls?.[0]]).toEqual([32, 32, 0, 0]);
  expect(net).not.toEqual(bls);

  await script("keys.sh", env);
  expect(await read()).toEqual([net, bls]);
});

type Node = { syncing: unknown; height: string; silent?: boolean };

/** Nodes that answer on the port that nodes answer on, each on an address of its own. */
async function nodes(answers: Record<string, Node>): Promise<AsyncDisposable> {
  const servers = await Promise.all(
    Object.entries(answers).map(async ([host, node]) => {
      const server = createServer(async (request, response) => {
        const { method } = JSON.parse(await text(request));
        if (node.silent) return request.destroy();
        const result = method === "eth_syncing" ? node.syncing : node.height;
        response.end(JSON.stringify({ jsonrpc: "2.0", id: 1, result }));
      });
      server.listen(8000, host);
      await once(server, "listening");
      expect((server.address() as AddressInfo).port).toBe(8000);
      return server;
    }),
  );
  return {
    [Symbol.asyncDispose]: async () => {
      for (const server of servers) server.close();
    },
  };
}

beforeAll(() => program("curl"));

const OWN = "127.77.0.1";
const PEERS = ["127.77.0.2", "127.77.0.3", "127.77.0.4"];

const at = (height: number): Node => ({ syncing: false, height: `0x${height.toString(16)}` });
const dead: Node = { ...at(1), silent: true };

const READINESS: [string, Node, (Node | undefined)[], number][] = [
  ["as far as the others", at(100), [at(100), at(100), at(100)], 0],
  ["five behind", at(95), [at(100), at(100), at(100)], 0],
  ["six behind", at(94), [at(100), at(100), at(100)], 1],
  ["ahead", at(255), [at(1), at(1), at(1)], 0],
  ["told by one alone that it is behind", at(100), [at(9999), at(100), at(100)], 0],
  ["behind the only one that answers", at(10), [undefined, dead, at(100)], 1],
  ["alone", at(0), [], 0],
  ["syncing", { syncing: { currentBlock: "0x1" }, height: "0x64" }, [at(100)], 1],
  ["silent", dead, [at(1)], 1],
];

test.each(READINESS)("a node that is %s is ready or not", async (_, own, peers, expected) => {
  const others = PEERS.flatMap((host, place) => {
    const node = peers[place];
    return node ? [[host, node] as const] : [];
  });
  await using _nodes = await nodes({ [OWN]: own, ...Object.fromEntries(others) });
  // As in a validator's pod, which is one of the validators itself.
  const env = { AXON_HOST: OWN, AXON_PEERS: [OWN, ...PEERS].join(" "), AXON_LAG: "5" };
  const { code, said } = await script("ready.sh", env);
  expect({ code, said: code === expected ? "" : said }).toEqual({ code: expected, said: "" });
  // The pod's event has it: why, and nothing else.
  expect(said).toMatch(expected === 0 ? /^$/ : /^It is (?:syncing|\d+ blocks behind)[^\n]*\.\n$/);
});

test("the only validator of a chain has nobody to be in sync with", async () => {
  await using _nodes = await nodes({ [OWN]: at(3) });
  const env = { AXON_HOST: OWN, AXON_PEERS: OWN, AXON_LAG: "5" };
  expect((await script("ready.sh", env)).code).toBe(0);
});
