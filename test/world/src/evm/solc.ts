import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cache, shell } from "../../../../scripts/tools.ts";

const program = fileURLToPath(new URL("./solc-program.cjs", import.meta.url));

const installing = new Map<string, Promise<string>>();

/**
 * The path of a solc of that version (0.4.11 or newer) for forge's `solc = "…"`: the npm package
 * `solc@<version>` behind a command line, installed once for all clones. Any number of versions
 * live beside each other.
 */
export function solcFor(version: string): Promise<string> {
  const known = installing.get(version) ?? install(version);
  installing.set(version, known);
  return known;
}

/**
 * Puts compilers where a forge with that `HOME` looks for them (svm's folder), so that a project
 * without a fixed solc, with whatever pragmas, compiles offline.
 */
export async function installSvm(home: string, versions: string[]): Promise<void> {
  await Promise.all(
    versions.map(async (version) => {
      const solc = await solcFor(version);
      const folder = join(home, ".svm", version);
      await mkdir(folder, { recursive: true });
      const link = join(folder, `solc-${version}`);
      await rm(link, { force: true });
      await symlink(solc, link);
    }),
  );
}

async function install(version: string): Promise<string> {
  // Another program is another folder: clones of different age share the cache.
  const digest = createHash("sha256")
    .update(await readFile(program))
    .digest("hex")
    .slice(0, 8);
  const home = join(cache, `solc-${version}-${digest}`);
  const solc = join(home, "solc");
  if (existsSync(solc)) return solc;

  await mkdir(cache, { recursive: true });
  const staged = await mkdtemp(`${home}.`);
  try {
    const npm = [
      "install",
      "--loglevel=error",
      "--no-save",
      "--no-audit",
      "--no-fund",
      "--prefix",
      staged,
    ];
    await shell("npm", [...npm, `solc@${version}`]);
    await copyFile(program, join(staged, basename(program)));
    await writeFile(join(staged, "solc"), commandLine(home, await fullVersion(staged)));
    await chmod(join(staged, "solc"), 0o755);
    // Whole or not at all; whoever else installed it at the same time was as good.
    await rename(staged, home).catch((error) => {
      if (!existsSync(solc)) throw error;
    });
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
  return solc;
}

/** As it calls itself, with its commit; asked in a process of its own, for it leaves its mark. */
async function fullVersion(home: string): Promise<string> {
  const solc = JSON.stringify(join(home, "node_modules", "solc"));
  return (await shell(process.execPath, ["--print", `require(${solc}).version()`])).trim();
}

/** forge asks for the version before each use: a shell says it at once. */
function commandLine(home: string, version: string): string {
  return `#!/bin/sh
case " $* " in *" --version "*)
  echo "solc, the solidity compiler commandline interface"
  echo "Version: ${version}"
  exit ;;
esac
exec '${process.execPath}' '${join(home, basename(program))}' "$@"
`;
}
