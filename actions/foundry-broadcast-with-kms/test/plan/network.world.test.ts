import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import {
  solcFor,
  startWalledNetwork,
  startWorld,
  type WalledNetwork,
  type World,
} from "@playbook/world";
import { type Ended, launch } from "../apply/job.ts";
import { openProduct, type Product } from "./product.ts";
import { SENDER } from "./sender.ts";

const RPC = "rpc.invalid";

/** Where forge gets compilers from: Solidity's own site; older ones for arm64 are elsewhere. */
const COMPILERS =
  process.arch === "arm64"
    ? ["binaries.soliditylang.org", "raw.githubusercontent.com"]
    : ["binaries.soliditylang.org"];

const CORE = 'script/Core.s.sol:Core --sig "run(uint256)" 1000';
const OWN = CORE.replace("script/", "deploy/");

let product: Product;
let world: World<[{ id: 5; name: "alpha" }]>;
let compilers: Awaited<ReturnType<typeof serveCompiler>>;
let wall: WalledNetwork;

beforeAll(async () => {
  [product, world, compilers] = await Promise.all([
    openProduct("vaults"),
    startWorld({ chains: [{ id: 5, name: "alpha" }] }),
    serveCompiler("0.8.30"),
  ]);
  const hosts = Object.fromEntries(COMPILERS.map((host) => [host, compilers.url]));
  hosts[RPC] = world.chains[0].url;
  wall = await startWalledNetwork({ dir: world.dir, hosts });
});

afterAll(async () => {
  await wall?.[Symbol.asyncDispose]();
  compilers?.close();
  await world?.[Symbol.asyncDispose]();
  await product?.[Symbol.asyncDispose]();
});

/** The site with the list of compilers, and with one to download. */
async function serveCompiler(version: string) {
  const solc = await readFile(await solcFor(version));
  const sha256 = `0x${createHash("sha256").update(solc).digest("hex")}`;
  const list = { builds: [{ version, sha256 }], releases: { [version]: "solc" } };
  const server = createServer(({ url }, response) => {
    response.end(url?.endsWith("/list.json") ? JSON.stringify(list) : solc);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

/** A plan by a process that has to go through the wall for all that it asks, and whom it asked. */
async function plan(project: string, line: string): Promise<{ end: Ended; hosts: Set<string> }> {
  const toml = await readFile(join(project, "foundry.toml"), "utf8");
  await writeFile(join(project, "foundry.toml"), toml.replace("offline = true", "offline = false"));
  const { chainsFile } = await product.inputs(world.chains, line);
  const given = {
    ...{ mode: "plan", environment: "test", release: "v1", project, scripts: line },
    ...{ chains: "alpha", "chains-file": chainsFile, "rpc-urls": `alpha=https://${RPC}/key` },
    sender: SENDER,
  };
  const { NODE_EXTRA_CA_CERTS: ca } = wall.environment;
  const env = { ...product.env, ...wall.environment, SSL_CERT_FILE: ca };

  const before = wall.tunnels().length;
  const { ended } = await launch({ world }, given, env);
  const end = await ended;
  const asked = wall.tunnels().slice(before);
  return { end, hosts: new Set(asked.map((one) => one.replace(/:\d+$/, ""))) };
}

test("a plan asks its chain's endpoint, and nobody else", async () => {
  const { end, hosts } = await plan(await product.checkout(), CORE);

  expect(end).toMatchObject({ code: 0, outputs: { steps: "9" } });
  expect(hosts).toEqual(new Set([RPC]));
});

test("nobody is asked what an error means that no source explains", async () => {
  const line = 'script/Bad.s.sol:Bad --sig "revertsInForeignWords()"';
  const { end, hosts } = await plan(await product.checkout(), line);

  expect(end.code).toBe(1);
  expect(end.summary).toContain("deadbeef");
  expect(hosts).toEqual(new Set([RPC]));
});

/** A checkout with `deploy/Core.s.sol`, of this pragma, where no build looks for scripts. */
async function withOwnScript(pragma: string): Promise<string> {
  const project = await product.checkout();
  // They are of another compiler, and whatever a script runs with compiles all of src/.
  for (const path of ["src/Oracle.sol", "script/Oracle.s.sol"]) await rm(join(project, path));
  const script = await readFile(join(project, "script/Core.s.sol"), "utf8");
  await mkdir(join(project, "deploy"));
  const own = script.replace(/pragma solidity .*;/, `pragma solidity ${pragma};`);
  await writeFile(join(project, "deploy/Core.s.sol"), own);
  await rm(join(product.env.HOME, ".svm/0.8.30"), { recursive: true, force: true });
  return project;
}

test.each([
  { who: "a script alone", pragma: "=0.8.30", use: "" },
  { who: "its line", pragma: "^0.8.0", use: " --use 0.8.30" },
])("a compiler that $who names is fetched from where compilers are", async ({ pragma, use }) => {
  const project = await withOwnScript(pragma);
  const { end, hosts } = await plan(project, `${OWN}${use}`);

  expect(end).toMatchObject({ code: 0, outputs: { steps: "9" } });
  expect(hosts).toEqual(new Set([RPC, ...COMPILERS]));
});

test("a compiler that cannot be fetched is told in the words of whoever tried", async () => {
  const { end } = await plan(await withOwnScript("=0.8.29"), OWN);

  expect(end.code).toBe(1);
  expect(end.summary).toContain("There is no compiler for the project: deploy/Core.s.sol");
  expect(end.summary).toContain("version not found in artifacts for this platform: 0.8.29");
});
