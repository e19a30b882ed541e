import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type AxonNode, startValidators, until, type Validators } from "@playbook/world";
import { newest, ofTheWorld, reaches } from "./progress.ts";

let chain: Validators;
let node: AxonNode;
beforeAll(async () => {
  chain = await startValidators();
  node = chain.nodes[0] as AxonNode;
}, 1_200_000);
afterAll(() => chain?.[Symbol.asyncDispose]());

const vectors = fileURLToPath(new URL("../../axon/vectors/keys.json", import.meta.url));

type Vector = Record<"net_private_key" | "bls_private_key" | "public_key" | "peer_id", string>;

test("the public halves of keys are those that Axon has published", async () => {
  const { keypairs } = JSON.parse(await readFile(vectors, "utf8")) as { keypairs: Vector[] };
  for (const { net_private_key, bls_private_key, public_key, peer_id } of keypairs) {
    await writeFile(node.path("n"), Buffer.from(net_private_key.slice(2), "hex"));
    await writeFile(node.path("b"), Buffer.from(bls_private_key.slice(2), "hex"));

    const said = JSON.parse(await node.run("recover-keypair", "-n", "n", "-b", "b"));

    expect(said).toMatchObject({ public_key, peer_id });
  }
});

test("init refuses data that is there, and run what was never initialised", async () => {
  await expect(node.init()).rejects.toThrow(
    /ended with 1:\nError \[ProtocolError] .* "Data directory .* already exists/,
  );

  await chain.nodes[1]?.stop();
  await rm(join(chain.nodes[1]?.dir ?? "", "data"), { recursive: true });

  await expect(chain.nodes[1]?.start()).rejects.toThrow("please initialize it before run");
  await chain.nodes[1]?.init();
  await chain.nodes[1]?.start();
});

test("a key that is not there is an error of usage, and so is a spec without a field", async () => {
  const config = await readFile(node.path("config.toml"), "utf8");
  await writeFile(node.path("other.toml"), config.replace("net.key", "none.key"));
  await expect(node.run("hardfork", "-c", "other.toml")).rejects.toThrow("ended with 2:");

  await writeFile(node.path("few.toml"), "accounts = []\n");
  const init = node.run("init", "-c", "config.toml", "-s", "few.toml");
  await expect(init).rejects.toThrow(/ended with 2:[\s\S]*missing field `genesis`/);
});

test("data is one process's at a time", async () => {
  const hardfork = node.run("hardfork", "-c", "config.toml");

  await expect(hardfork).rejects.toThrow("While lock file");
});

test("SIGTERM ends it with success", async () => {
  await chain.nodes[2]?.stop();

  expect(await chain.nodes[2]?.ended()).toBe(0);
  await chain.nodes[2]?.start();
});

ofTheWorld("a key that is in two processes is written down", async () => {
  const copy = await chain.add({ neverReady: true });
  await copy.stop();
  const [, , , original] = chain.nodes as [AxonNode, AxonNode, AxonNode, AxonNode];
  await writeFile(copy.path("bls.key"), await readFile(original.path("bls.key")));
  expect((await chain.signatures()).usedTwice()).toEqual([]);

  await copy.start();

  const { usedTwice } = { usedTwice: (await chain.signatures()).usedTwice() };
  expect(usedTwice).toEqual([original.keypair.bls_public_key]);
  await copy.stop();
});

test("a node whose key is not the one that others expect has no peers", async () => {
  const [, , , , node] = chain.nodes as AxonNode[];
  await node?.stop();
  const key = await readFile(node?.path("net.key") ?? "");
  await writeFile(
    node?.path("net.key") ?? "",
    await readFile(chain.nodes[0]?.path("net.key") ?? ""),
  );
  await node?.start();
  // It calls others, who take it for the first one; nobody who calls it finds whom they want.
  await expect(node?.call("net_listening")).resolves.toBe(true);
  await node?.stop();

  await writeFile(node?.path("net.key") ?? "", key);
  await node?.start();
  await until(async () => Number(await node?.call("net_peerCount")) === 4);
});

test("metrics say how far it is", async () => {
  await reaches(chain.nodes, 2);
  const text = await (await fetch(`http://${node.ip}:8100/metrics`)).text();

  const [, height] = /^axon_consensus_height (\d+)$/m.exec(text) ?? [];
  expect(Number(height)).toBeGreaterThan(2);
  expect(await newest(chain.nodes)).toBeGreaterThanOrEqual(Number(height) - 2);
});

test("JSON-RPC is answered over WebSockets too", async () => {
  const socket = new WebSocket(`ws://${node.ip}:8010`);
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  const reply = new Promise<string>((resolve) =>
    socket.addEventListener("message", ({ data }) => resolve(String(data))),
  );
  socket.send(JSON.stringify({ jsonrpc: "2.0", id: 7, method: "net_version" }));

  expect(JSON.parse(await reply)).toEqual({ jsonrpc: "2.0", id: 7, result: "1098411886" });
  socket.close();
});
