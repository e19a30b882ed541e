import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { contextForTests } from "@playbook/action/testing";
import { temporaryFolder } from "@playbook/world";
import { installPinned, pinnedFor, type Tarball } from "../../src/plan/pinned.ts";

const run = promisify(execFile);

/** A tarball like those of Foundry's releases: its programs, flat. Served from this machine. */
async function serveTarball(folder: string) {
  await mkdir(folder);
  for (const name of ["forge", "anvil", "cast"]) {
    await writeFile(join(folder, name), `#!/bin/sh\necho ${name} Version: 1.7.1\n`, {
      mode: 0o755,
    });
  }
  await run("tar", ["-czf", "../served.tgz", "forge", "anvil", "cast"], { cwd: folder });
  const bytes = await readFile(join(folder, "../served.tgz"));
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    // GitHub's downloads are redirects to where the file lies.
    const location = `http://${request.headers.host}/file`;
    if (request.url === "/release.tgz") response.writeHead(302, { location }).end();
    else if (request.url === "/file") response.end(bytes);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (path: string) => `http://127.0.0.1:${port}/${path}`,
    digest: `sha256-${createHash("sha256").update(bytes).digest("base64")}`,
    requests: () => requests,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

function tarballOf(url: string, digest: string): Tarball {
  return { programs: ["forge", "anvil"], source: { url }, digest, folder: "." };
}

test("a release of Foundry is installed with all its programs, once", async () => {
  await using cache = await temporaryFolder("pinned");
  await using served = await serveTarball(join(cache.path, "release"));
  const tarballs = [tarballOf(served.url("release.tgz"), served.digest)];
  const env = { ...process.env, RUNNER_TOOL_CACHE: cache.path };

  const found = await installPinned(tarballs, "linux-arm64", contextForTests(), env);
  const again = await installPinned(tarballs, "linux-arm64", contextForTests(), env);

  expect(again).toEqual(found);
  expect(served.requests()).toBe(2);
  for (const [name, path] of Object.entries(found)) {
    expect((await run(path)).stdout).toBe(`${name} Version: 1.7.1\n`);
  }
});

test.each([
  ["with another digest", "release.tgz", "has digest sha256-"],
  ["that is not there", "other.tgz", "does not hand it over: it answers 404"],
])("a release %s is not installed", async (_, path, why) => {
  await using cache = await temporaryFolder("pinned");
  await using served = await serveTarball(join(cache.path, "release"));
  const digest = `sha256-${"A".repeat(43)}=`;
  const tarballs = [tarballOf(served.url(path), digest)];
  const env = { ...process.env, RUNNER_TOOL_CACHE: cache.path };

  await expect(
    installPinned(tarballs, "linux-arm64", contextForTests(), env),
  ).rejects.toMatchObject({ code: "no-foundry", why: expect.stringContaining(why) });
});

test.each(["linux-x64", "linux-arm64"])("for %s both programs are pinned by digest", (machine) => {
  const tarballs = pinnedFor(machine) ?? [];
  expect(tarballs.flatMap(({ programs }) => programs).sort()).toEqual(["anvil", "forge"]);
  expect(tarballs.every(({ digest }) => /^sha(256|512)-[\w+/]+=*$/.test(digest))).toBe(true);
});
