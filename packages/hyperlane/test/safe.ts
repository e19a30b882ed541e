import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Address } from "@playbook/evm";
import { Contract, ContractFactory, type Signer, ZeroAddress } from "ethers";
import { tool } from "../../../scripts/tools.ts";
import type { Site } from "./site.ts";

type Artifact = { abi: []; bytecode: string; deployedBytecode: string };

export const MULTI_SEND = "0x9641d764fc13c8B624c04430C7356C1C7C8102e2";

/** A contract of Safe 1.4.1, as its authors compiled it. */
async function artifact(name: string): Promise<Artifact> {
  const [file] = name.split("/").slice(-1);
  const path = join(await tool("safe-contracts"), `${name}.sol/${file}.json`);
  return JSON.parse(await readFile(path, "utf8"));
}

/** A Safe that one account owns, on a chain that has what Safes need where it is everywhere. */
export async function safeOf({ chain, signer }: Site, owner: Address): Promise<Contract> {
  const [safe, proxy, multiSend] = await Promise.all([
    artifact("Safe"),
    artifact("proxies/SafeProxy"),
    artifact("libraries/MultiSendCallOnly"),
  ]);
  await chain.send("anvil_setCode", [MULTI_SEND, multiSend.deployedBytecode]);
  const singleton = await deployed(safe, signer);
  const account = await deployed(proxy, signer, singleton);
  const made = new Contract(account, safe.abi, signer);
  const nobody = ZeroAddress;
  const setup = made.getFunction("setup");
  await (await setup.send([owner], 1, nobody, "0x", nobody, nobody, 0, nobody)).wait();
  return made;
}

async function deployed({ abi, bytecode }: Artifact, signer: Signer, ...args: unknown[]) {
  const made = await new ContractFactory(abi, bytecode, signer).deploy(...args);
  await made.waitForDeployment();
  return made.getAddress();
}
