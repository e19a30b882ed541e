import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Hex } from "@playbook/evm";
import { FunctionFragment, id, type JsonFragment, keccak256, ParamType } from "ethers";
import { z } from "zod";
import { filesBelow } from "./tree.ts";

const artifact = z.looseObject({
  abi: z.array(z.looseObject({ type: z.string() })),
  bytecode: z.looseObject({ object: z.string() }),
  methodIdentifiers: z.record(z.string(), z.string()).default({}),
});

/** A contract as the project compiled it. */
export type Contract = {
  name: string;
  /**
   * Code that creates it, without constructor arguments, in the pieces between linked addresses.
   */
  creation: string[];
  constructorInputs: ParamType[];
  functions: Map<string, FunctionFragment>;
};

/** What the project's build tells of names: contracts, functions, roles. */
export type Artifacts = {
  contracts: Contract[];
  /** Names of roles by their hashes: `MINTER_ROLE` by keccak256("MINTER_ROLE"). */
  roles: Map<string, string>;
};

/** A link placeholder of solc: an address that is known only later. */
const PLACEHOLDER = /__\$[0-9a-f]{34}\$__/i;

/** Reads forge's `out` folder. Files in it that are no artifacts are passed over. */
export async function readArtifacts(folder: string): Promise<Artifacts> {
  const paths = await filesBelow(folder, ["build-info"]).catch((error) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const jsons = paths.filter((path) => path.endsWith(".json"));
  const contracts = await Promise.all(jsons.map((path) => readContract(join(folder, path))));
  return collect(contracts.filter((contract) => contract !== undefined));
}

export function collect(contracts: Contract[]): Artifacts {
  const getters = contracts.flatMap(({ functions }) => [...functions.values()]);
  const roles = getters
    .filter(({ name, inputs }) => name.endsWith("_ROLE") && inputs.length === 0)
    .map(({ name }) => [id(name), name] as const);
  return { contracts, roles: new Map(roles) };
}

async function readContract(path: string): Promise<Contract | undefined> {
  const parsed = artifact.safeParse(JSON.parse(await readFile(path, "utf8")));
  if (!parsed.success) return undefined;

  const { abi, bytecode, methodIdentifiers } = parsed.data;
  const maker = abi.find(({ type }) => type === "constructor") as JsonFragment | undefined;
  return {
    // A contract that several compilers made is in files like Vault.0.8.20.json.
    name: basename(path).split(".")[0] as string,
    creation: bytecode.object.replace(/^0x/, "").toLowerCase().split(PLACEHOLDER),
    constructorInputs: (maker?.inputs ?? []).map((input) => ParamType.from(input)),
    functions: functionsOf(methodIdentifiers),
  };
}

/**
 * Libraries have functions of types that no ABI knows, like storage; nobody calls them from
 * outside.
 */
function functionsOf(methods: Record<string, string>): Contract["functions"] {
  const functions: Contract["functions"] = new Map();
  for (const [signature, selector] of Object.entries(methods)) {
    try {
      functions.set(`0x${selector}`, FunctionFragment.from(`function ${signature}`));
    } catch {}
  }
  return functions;
}

/** The contract that a creation's code makes, and the constructor arguments behind it. */
export function createdBy(
  code: Hex,
  { contracts }: Artifacts,
): { contract: Contract; arguments: Hex } | undefined {
  for (const contract of contracts) {
    const length = match(code.slice(2), contract.creation);
    if (length !== undefined) return { contract, arguments: `0x${code.slice(2 + length)}` };
  }
  return undefined;
}

/**
 * What tells one contract's code from another's wherever it is created: without constructor
 * arguments and the addresses of libraries; of code that the build does not know, all of it.
 */
export function codeHash(code: Hex, artifacts: Artifacts): Hex {
  const pieces = createdBy(code, artifacts)?.contract.creation;
  return keccak256(pieces ? `0x${pieces.join("0".repeat(40))}` : code) as Hex;
}

/** How much of the code the pieces cover, with an address (40 digits) between any two of them. */
function match(code: string, pieces: string[]): number | undefined {
  if (pieces.length === 1 && pieces[0] === "") return undefined;
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) at += 40;
    if (!code.startsWith(piece, at)) return undefined;
    at += piece.length;
  }
  return at;
}
