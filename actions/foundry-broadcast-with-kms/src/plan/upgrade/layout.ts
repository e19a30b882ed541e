import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { SolcInput, SolcOutput, StorageLayout } from "@openzeppelin/upgrades-core";
import { type Environment, runChild } from "@playbook/child";

/** What a contract keeps where, as OpenZeppelin's upgrades-core writes it down. */
export type Layout = StorageLayout;

export type Compiler = {
  forge: string;
  /** The copy of the project. */
  folder: string;
  /** Folder below it for what nobody keeps. */
  cache: string;
  env: Environment;
  signal: AbortSignal;
};

/**
 * The storage layouts of the contracts in these sources, ERC-7201 namespaces included, by
 * `src/Vault.sol:Vault`. Empty when they cannot be compiled by themselves.
 */
export async function layoutsIn(
  sources: string[],
  compiler: Compiler,
): Promise<Map<string, Layout>> {
  const { forge, folder, cache, env, signal } = compiler;
  const place = join(cache, "layouts");
  await rm(join(folder, place), { recursive: true, force: true });
  await mkdir(join(folder, place), { recursive: true });
  const args = ["build", "--root", ".", "--color", "never", "--ast"];
  args.push("--build-info", "--build-info-path", join(place, "info"));
  args.push("--extra-output", "storageLayout");
  args.push("--out", join(place, "out"), "--cache-path", join(place, "cache"), ...sources);
  const ended = await runChild(forge, args, { cwd: folder, env, signal });
  if (ended.code !== 0) return new Map();

  const found = await Promise.all((await infosIn(join(folder, place, "info"))).map(extract));
  return new Map(found.flat());
}

async function infosIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).map((name) => join(folder, name));
}

// Deep paths: the package's entry brings its command line and a parser of several MB along.
const extraction = async () => ({
  ...(await import("@openzeppelin/upgrades-core/dist/storage/extract.js")),
  ...(await import("@openzeppelin/upgrades-core/dist/src-decoder.js")),
  ...(await import("solidity-ast/utils.js")),
});
const comparison = async () => ({
  ...(await import("@openzeppelin/upgrades-core/dist/storage/index.js")),
  ...(await import("@openzeppelin/upgrades-core/dist/validate/overrides.js")),
});

/** A build as the compiler took it and gave it. */
type BuildInfo = { input: SolcInput; output: SolcOutput; solcVersion: string };

/**
 * As upgrades-core reads it, without its checks of initializers and opcodes, which are not asked
 * for.
 */
async function extract(path: string): Promise<[string, Layout][]> {
  const { extractStorageLayout, solcInputOutputDecoder, astDereferencer, findAll } =
    await extraction();
  const { input, output, solcVersion } = JSON.parse(await readFile(path, "utf8")) as BuildInfo;
  const decode = solcInputOutputDecoder(input, output);
  const deref = astDereferencer(output);
  return Object.entries(output.sources).flatMap(([source, { ast }]) =>
    [...findAll("ContractDefinition", ast)].flatMap((contract): [string, Layout][] => {
      const slots = output.contracts[source]?.[contract.name]?.storageLayout;
      if (!slots) return [];
      const layout = extractStorageLayout(contract, decode, deref, slots);
      return [[`${source}:${contract.name}`, { ...layout, solcVersion }]];
    }),
  );
}

/**
 * What upgrades-core has to say against reading storage of the first layout by the second;
 * undefined when they are compatible.
 */
export async function incompatibility(old: Layout, now: Layout): Promise<string | undefined> {
  const { getStorageUpgradeReport, withValidationDefaults } = await comparison();
  const report = getStorageUpgradeReport(old, now, withValidationDefaults({}));
  return report.pass ? undefined : report.explain(false);
}
