import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { podOf, rendered } from "./rendered.ts";
import { least } from "./values.ts";

const run = promisify(execFile);

const open = new AsyncDisposableStack();
let folder: string;
let script: string;
let metrics: { port: number };
/** Chains that the relayer goes on without. */
let lost: string[] = [];
/** Whether the nodes answer, and what they were asked. */
let isUp = false;
const asked: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "without-chain-"));
  open.defer(() => rm(folder, { recursive: true, force: true }));
  metrics = await serve((_, response) => {
    const line = (name: string) =>
      `hyperlane_critical_error{agent="relayer",chain="${name}"} ${lost.includes(name) ? 1 : 0}\n`;
    response.end(`# HELP x\n${["far", "near", "spaced"].map(line).join("")}`);
  });
  const [container] = podOf(await rendered(least("relayer"))).spec.containers;
  const [, , text] = container.livenessProbe.exec.command;
  script = text.replaceAll("/9090", `/${metrics.port}`).replaceAll("/tmp", folder);
}, 60_000);
afterAll(() => open.disposeAsync());

async function serve(listener: RequestListener, tls?: { key: string; cert: string }) {
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.defer(async () => void server.close());
  return { port: (server.address() as AddressInfo).port };
}

const node: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    asked.push(`${request.method} ${request.url} ${Buffer.concat(chunks)}`);
    if (!isUp) return void response.writeHead(503).end("down");
    response.setHeader("content-type", "application/json");
    response.end(`{"jsonrpc":"2.0","id":1,"result":"0x5"}`);
  });
};

/** Whether the probe passes, and what it says. */
async function probe(urls: Record<string, string>) {
  const env = Object.entries(urls).map(([name, url]) => [`HYP_CHAINS_${name}_CUSTOMRPCURLS`, url]);
  const { PATH } = process.env;
  const options = { env: { PATH, POD_IP: "127.0.0.1", ...Object.fromEntries(env) } };
  return run("bash", ["-c", script], options).then(
    () => "passes",
    ({ stdout }: { stdout: string }) => `fails: ${stdout.trim()}`,
  );
}

async function kept(): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith("without-"));
}

test("a relayer with all its chains lives, whoever answers", async () => {
  [lost, isUp] = [[], true];
  expect(await probe({})).toBe("passes");
  expect(asked).toEqual([]);
});

test("without a chain it lives until that answers, fails until it is started anew, and lives then", async () => {
  const { port } = await serve(node);
  const urls = { FAR: `http://127.0.0.1:${port}/v2/a-key,https://second.invalid` };
  [lost, isUp] = [["far"], false];
  expect(await probe(urls)).toBe("passes");
  expect(asked.at(-1)).toMatch(/^POST \/v2\/a-key .*"eth_chainId"/);

  isUp = true;
  for (let time = 0; time < 6; time += 1) {
    const said = await probe(urls);
    expect(said).toContain("It goes on without a chain that answers");
    expect(said).not.toContain("a-key");
  }
  expect(await probe(urls)).toBe("passes");
  expect(await kept()).toEqual(["without-far"]);

  lost = ["far", "near"];
  expect(await probe(urls)).toContain("fails");
  isUp = false;
  expect(await probe(urls)).toBe("passes");
  expect(await kept()).toEqual(["without-far"]);
});

test("a URL is asked without what agents leave out of it", async () => {
  const { port } = await serve(node);
  [lost, isUp] = [["spaced"], true];
  const url = `http://127.0.0.1:${port}/v2/a-key`;
  for (const urls of [`${url}\n`, ` ${url} , https://second.invalid`]) {
    expect(await probe({ SPACED: urls })).toContain("fails");
    expect(asked.at(-1)).toMatch(/^POST \/v2\/a-key /);
  }
});

test("a chain is asked by TLS, too, and one that says nothing holds up no probe", async () => {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  await run("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-subj", "/CN=node", "-days", "2", "-keyout", key, "-out", cert],
  ]);
  const tls = { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
  const { port } = await serve(node, tls);
  [lost, isUp] = [["near"], true];
  expect(await probe({ NEAR: `https://127.0.0.1:${port}` })).toContain("fails");
  expect(asked.at(-1)).toMatch(/^POST \/ /);

  const mute = await serve(() => {});
  const silent = `http://127.0.0.1:${mute.port}`;
  lost = ["far", "near"];
  const since = Date.now();
  expect(await probe({ NEAR: silent, FAR: silent })).toBe("passes");
  expect(Date.now() - since).toBeLessThan(5_500);
  expect(await probe({ NEAR: "http://127.0.0.1:1" })).toBe("passes");
}, 60_000);

test("a relayer that does not answer itself fails", async () => {
  const dead = script.replaceAll(`/${metrics.port}`, "/1");
  const failing = run("bash", ["-c", dead], { env: { POD_IP: "127.0.0.1" } });
  await expect(failing).rejects.toMatchObject({ code: 1 });
});
