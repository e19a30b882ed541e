import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { solcFor } from "../solc.ts";

const source = fileURLToPath(new URL("./Rollup.sol", import.meta.url));

type Contract = "L1Block" | "GasPriceOracle" | "NodeInterface";

let compiling: Promise<Record<Contract, string>> | undefined;

/** The code of this world's doubles of rollups' own contracts, as it stands on a chain. */
export function rollupContracts(): Promise<Record<Contract, string>> {
  compiling ??= compile();
  return compiling;
}

async function compile(): Promise<Record<Contract, string>> {
  const input = {
    language: "Solidity",
    sources: { "Rollup.sol": { content: await readFile(source, "utf8") } },
    settings: {
      evmVersion: "paris",
      outputSelection: { "*": { "*": ["evm.deployedBytecode.object"] } },
    },
  };
  const { contracts, errors } = JSON.parse(await solc(JSON.stringify(input)));
  if (!contracts) throw new Error(errors[0].formattedMessage);
  const found = Object.entries<Output>(contracts["Rollup.sol"]);
  const codes = found.map(([name, { evm }]) => [name, `0x${evm.deployedBytecode.object}`]);
  return Object.fromEntries(codes);
}

type Output = { evm: { deployedBytecode: { object: string } } };

async function solc(input: string): Promise<string> {
  const program = await solcFor("0.8.28");
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, output: string) => (error ? reject(error) : resolve(output));
    const child = execFile(program, ["--standard-json"], { maxBuffer: 2 ** 26 }, done);
    child.stdin?.end(input);
  });
}
