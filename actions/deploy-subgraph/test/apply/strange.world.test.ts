import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { bytesOf, openDoors } from "./doors.ts";
import { openScene, type Scene, TOKEN } from "./scene.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
}, 600_000);
afterAll(() => scene?.[Symbol.asyncDispose]());

/** A service that has its own way of answering. */
async function saying(answer: (body: string) => { status?: number; body: string }) {
  const server = http.createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { status = 200, body } = answer(String(Buffer.concat(parts)));
    response.writeHead(status).end(body);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const json = (value: unknown) => ({ body: JSON.stringify(value) });

test("an IPFS with other import options would make another subgraph of it", async () => {
  await using ipfs = await saying(() => json({ Name: "x", Hash: "bafybeigdyrzt5", Size: "1" }));
  await expect(scene.deploy(await scene.release(1), { ipfs: ipfs.url })).rejects.toMatchObject({
    code: "ipfs-differs",
    why: expect.stringContaining("bafybeigdyrzt5"),
  });
});

test("an IPFS that may not be written to is quoted", async () => {
  await using gateway = await saying(() => ({ status: 405, body: "read only" }));
  await expect(scene.deploy(await scene.release(1), { ipfs: gateway.url })).rejects.toMatchObject({
    code: "ipfs-refused",
    why: expect.stringContaining("read only"),
  });
});

describe.each([
  { token: "project:secret-of-ipfs", sent: `Basic ${btoa("project:secret-of-ipfs")}` },
  { token: "secret-of-ipfs", sent: "Bearer secret-of-ipfs" },
])("an IPFS that wants $sent", ({ token, sent }) => {
  const login = (request: http.IncomingMessage) => request.headers.authorization;
  const open = () =>
    openDoors({ ipfs: scene.ipfs.url }, async (to, request, response) => {
      const body = await bytesOf(request);
      if (login(request) !== sent) return response.writeHead(401).end(`not ${login(request)}`);
      const headers = { "content-type": request.headers["content-type"] ?? "" };
      const asked = { method: "POST", headers, body };
      const answer = await fetch(new URL(request.url ?? "", to), asked);
      return response.writeHead(answer.status).end(await answer.text());
    });

  test("takes a build with the token that is given", async () => {
    await using door = await open();
    const given = { name: `acme/login-${token.length}`, ipfs: door.urls.ipfs };
    const { outputs } = await scene.deploy(await scene.release(20), { ...given, ipfsToken: token });
    expect(outputs).toMatchObject({ state: "live" });
  });

  test("is told of without it, or with another, and no secret is", async () => {
    await using door = await open();
    const given = { name: "acme/refused", ipfs: door.urls.ipfs };
    const [release, refused] = [await scene.release(20), { code: "ipfs-refused" }];
    await expect(scene.deploy(release, given)).rejects.toMatchObject({
      ...refused,
      why: "It answers with status 401.",
    });
    const wrong = await scene.deploy(release, { ...given, ipfsToken: `${token}x` }).catch(String);
    expect(wrong).toContain("with status 401 to the one given");
    expect(wrong).not.toContain("secret-of-ipfs");
  });
});

test("an admin that is none is no node", async () => {
  await using page = await saying(() => ({ status: 404, body: "<html>" }));
  await expect(scene.deploy(await scene.release(1), { admin: page.url })).rejects.toMatchObject({
    code: "node-unreachable",
    why: expect.stringContaining("404"),
  });
});

test("an admin that quotes the token is not quoted with it", async () => {
  await using chatty = await saying(() => ({ status: 404, body: `no page for Bearer ${TOKEN}` }));
  await expect(scene.deploy(await scene.release(1), { admin: chatty.url })).rejects.toMatchObject({
    code: "node-unreachable",
    why: expect.stringContaining("no page for Bearer ***"),
  });
});

test("an admin that says yes and does nothing is not believed", async () => {
  await using liar = await saying(() => json({ jsonrpc: "2.0", id: 1, result: {} }));
  await expect(scene.deploy(await scene.release(2), { admin: liar.url })).rejects.toMatchObject({
    code: "deployment-missing",
  });
});

test("a status of another form is no status", async () => {
  await using other = await saying(() => json({ data: { deployment: "yes" } }));
  await expect(scene.deploy(await scene.release(1), { status: other.url })).rejects.toMatchObject({
    code: "status-unreadable",
  });
});

test("one that is told to be ill before it is told why is looked at again", async () => {
  const release = await scene.release(5);
  const fatalError = { message: "a transfer of nothing", block: { number: "7" } };
  let asked = 0;
  await using late = await saying(() => {
    asked += 1;
    const ill = { synced: false, health: "unhealthy", chains: [], entityCount: "0" };
    const told = { ...ill, health: "failed", fatalError: { ...fatalError, deterministic: true } };
    const staged = { subgraph: release.deployment };
    const deployment = [asked < 3 ? ill : told];
    return json({ data: { deployment, staged, stagedNext: null, live: null } });
  });
  await expect(scene.deploy(release, { status: late.url })).rejects.toMatchObject({
    code: "deployment-failed",
    what: "acme/nexus-v5 failed at block 7.",
    why: "The node says:\na transfer of nothing",
  });
});

test("query nodes that answer something else are told", async () => {
  await using stale = await saying(() => json({ data: { _meta: { deployment: "QmOld" } } }));
  await expect(scene.deploy(await scene.release(1), { query: stale.url })).rejects.toMatchObject({
    code: "not-serving",
    why: expect.stringContaining("QmOld"),
  });
});

test("a service that has enough for now is asked again when it says so", async () => {
  let asked = 0;
  await using busy = await saying((body) => {
    asked += 1;
    if (asked < 3) return { status: 429, body: "slow down" };
    return json({ data: { deployment: [], staged: null, stagedNext: null, live: null, body } });
  });
  const running = scene.deploy(await scene.release(3), { status: busy.url });
  await expect(running).rejects.toMatchObject({ code: "deployment-missing" });
  expect(asked).toBeGreaterThan(3);
});

test("a build with another digest is not deployed", async () => {
  const digest = `sha256:${"0".repeat(64)}`;
  await expect(scene.deploy(await scene.release(1), { digest })).rejects.toMatchObject({
    code: "build-refused",
    why: expect.stringContaining(digest),
  });
});

test.each([
  { what: "no folder", spoil: (folder: string) => rm(folder, { recursive: true }) },
  { what: "no origin", spoil: (folder: string) => rm(join(folder, "build.json")) },
  { what: "no schema", spoil: (folder: string) => rm(join(folder, "subgraph/schema.graphql")) },
  {
    what: "a file of the machine's",
    spoil: (folder: string) =>
      writeFile(join(folder, "subgraph/subgraph.yaml"), "schema:\n  file: ../../../etc/passwd\n"),
  },
])("a build with $what is refused", async ({ spoil, what }) => {
  const release = await scene.release(4, { name: what });
  await spoil(release.folder);
  await expect(scene.deploy(release)).rejects.toMatchObject({ code: "build-refused" });
});

test("inputs that only deploying needs are asked for", async () => {
  await expect(scene.deploy(await scene.release(1), { admin: undefined })).rejects.toMatchObject({
    code: "bad-input",
    what: '"admin" is missing.',
  });
});

test.each([
  { state: "s3://acme", what: '"state" is s3://acme.' },
  { state: "s3://acme-state/subgraphs", what: '"region" is missing.' },
])("a state of $state is not enough", async ({ state, what }) => {
  await expect(scene.deploy(await scene.release(1), { state })).rejects.toMatchObject({
    code: "bad-input",
    what,
  });
});
