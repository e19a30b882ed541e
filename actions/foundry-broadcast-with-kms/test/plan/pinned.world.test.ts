import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { contextForTests } from "@playbook/action/testing";
import { temporaryFolder } from "@playbook/world";
import { installPinned, pinnedFor } from "../../src/plan/pinned.ts";

const run = promisify(execFile);

/** A package like those of Foundry, served from this machine. */
async function servePackage(folder: string) {
  const bin = join(folder, "package", "bin");
  await mkdir(bin, { recursive: true });
  await writeFile(join(folder, "package", "package.json"), '{"name":"forge","version":"1.7.1"}');
  await writeFile(join(bin, "forge"), "#!/bin/sh\necho forge Version: 1.7.1\n", { mode: 0o755 });
  await run("tar", ["-czf", "served.tgz", "package"], { cwd: folder });
  const bytes = await readFile(join(folder, "served.tgz"));
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    if (request.url === "/forge.tgz") response.end(bytes);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (path: string) => `http://127.0.0.1:${port}/${path}`,
    digest: `sha512-${createHash("sha512").update(bytes).digest("base64")}`,
    requests: () => requests,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

/** npm takes an address in a package's place. */
const packageAt = (name: string, digest: string) => [{ program: "forge", name, digest } as const];

test("a package of Foundry is installed once", async () => {
  await using cache = await temporaryFolder("pinned");
  await using served = await servePackage(join(cache.path, "served"));
  const packages = packageAt(served.url("forge.tgz"), served.digest);
  const env = { ...process.env, RUNNER_TOOL_CACHE: cache.path };

  const { forge } = await installPinned(packages, "linux-arm64", contextForTests(), env);
  const asked = served.requests();
  await installPinned(packages, "linux-arm64", contextForTests(), env);

  expect(served.requests()).toBe(asked);
  expect((await run(forge)).stdout).toBe("forge Version: 1.7.1\n");
});

test.each([
  ["with another digest", "forge.tgz", "has digest sha512-"],
  ["that is not there", "other.tgz", "npm could not fetch"],
])("a package %s is not installed", async (_, path, why) => {
  await using cache = await temporaryFolder("pinned");
  await using served = await servePackage(join(cache.path, "served"));
  const packages = packageAt(served.url(path), `sha512-${"A".repeat(86)}==`);
  const env = { ...process.env, RUNNER_TOOL_CACHE: cache.path };

  await expect(
    installPinned(packages, "linux-arm64", contextForTests(), env),
  ).rejects.toMatchObject({ code: "no-foundry", why: expect.stringContaining(why) });
});

test.each(["linux-x64", "linux-arm64"])("for %s both programs are pinned by digest", (machine) => {
  const packages = pinnedFor(machine) ?? [];
  expect(packages.map(({ program }) => program).sort()).toEqual(["anvil", "forge"]);
  expect(packages.every(({ digest }) => /^sha512-[\w+/]{86}==$/.test(digest))).toBe(true);
});
