import { type Address, Endpoint, type Hex } from "@playbook/evm";
import { getAddress } from "ethers";
import type { Fork } from "./fork.ts";
import type { Names } from "./label.ts";
import type { Happened } from "./simulation.ts";
import { addressesIn, type Trace } from "./trace.ts";
import { type Runtime, runtimeOf } from "./upgrade/runtime.ts";
import { IMPLEMENTATION_SLOT } from "./upgrade/upgrade.ts";

type Ended = {
  happened: Happened[];
  traces: Map<Happened, Trace>;
  names: Map<Fork, Names>;
};

/**
 * Names the contracts of earlier releases that this one calls, by their code: forge knows some of
 * them, and a proxy by its own name only.
 */
export async function nameStanding(ended: Ended, runtimes: Runtime[]): Promise<void> {
  const { happened, traces, names } = ended;
  const forks = [...names].map(async ([fork, known]) => {
    const own = happened.filter((one) => one.fork === fork);
    const called = new Set(own.flatMap((one) => addressesIn((traces.get(one) as Trace).calls)));
    const unnamed = [...called].filter((address) => !known.has(address));
    const found = await namesOf(
      unnamed.map((one) => getAddress(one) as Address),
      fork,
      runtimes,
    );
    for (const [address, name] of found)
      known.set(address.toLowerCase(), free(name, address, known));
  });
  await Promise.all(forks);
}

function free(name: string, address: Address, known: Names): string {
  return [...known.values()].includes(name) ? `${name}@${address}` : name;
}

async function namesOf(
  addresses: Address[],
  { rpc }: Fork,
  runtimes: Runtime[],
): Promise<Map<Address, string>> {
  const endpoint = new Endpoint(rpc);
  const words = await endpoint.words(addresses, IMPLEMENTATION_SLOT as Hex, "latest");
  const behind = new Map(
    addresses.flatMap((address, at) => {
      const word = words[at] ?? "0x";
      return BigInt(word) === 0n ? [] : [[address, getAddress(`0x${word.slice(-40)}`) as Address]];
    }),
  );
  const codes = await endpoint.codes([...new Set([...addresses, ...behind.values()])]);
  const nameAt = (address: Address) => {
    const contract = runtimeOf(codes.get(address) ?? "0x", runtimes)?.contract;
    return contract?.slice(contract.lastIndexOf(":") + 1);
  };
  return new Map(
    addresses.flatMap((address) => {
      const implementation = behind.get(address);
      const inner = implementation && nameAt(implementation);
      const name = inner ? `${inner} (proxy)` : nameAt(address);
      return name ? [[address, name]] : [];
    }),
  );
}
