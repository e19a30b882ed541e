import type { Address, Hex, Step } from "@playbook/evm";
import type { Footprint } from "./trace.ts";

/** What of a step decides on which steps it depends. */
export type Dependent = Pick<Step, "id" | "waits"> & {
  to: Address | null;
  data: Hex;
  creates: Address[];
  footprint: Footprint;
};

/**
 * The steps before a step without which it makes no sense, for the steps of one chain in order:
 * those that made a contract which it calls or names, and those that last changed what it read. A
 * step that waits changes who may do what, so it also comes after whatever relied on that as it
 * was.
 */
export function dependencies(steps: Dependent[]): string[][] {
  const makers = new Map<string, number>();
  const writers = new Map<string, number>();
  const readers = new Map<string, number[]>();

  return steps.map((step, index) => {
    const { reads, writes } = step.footprint;
    const found = new Set<number>();

    for (const [address, maker] of makers) if (mentions(step, address)) found.add(maker);
    for (const key of reads) add(found, writers.get(key));
    if (step.waits && step.waits !== "value") {
      for (const key of writes) for (const reader of readers.get(key) ?? []) found.add(reader);
    }

    for (const address of step.creates) makers.set(bare(address), index);
    for (const key of writes) writers.set(key, index);
    for (const key of reads) readers.set(key, [...(readers.get(key) ?? []), index]);
    return [...found].sort((a, b) => a - b).map((at) => steps[at]?.id as string);
  });
}

/** Calls the address, or holds it anywhere in its calldata or constructor arguments. */
function mentions({ to, data }: Dependent, address: string): boolean {
  return (to !== null && bare(to) === address) || data.includes(address);
}

function bare(address: string): string {
  return address.slice(2).toLowerCase();
}

function add(found: Set<number>, index: number | undefined): void {
  if (index !== undefined) found.add(index);
}

/** The same order with fewer edges: what follows from others is left out. For pictures. */
export function reduced(steps: { id: string; after: string[] }[]): Map<string, string[]> {
  const ancestors = new Map<string, Set<string>>();
  const edges = new Map<string, string[]>();

  for (const { id, after } of steps) {
    const beyond = new Set(after.flatMap((parent) => [...(ancestors.get(parent) ?? [])]));
    edges.set(
      id,
      after.filter((parent) => !beyond.has(parent)),
    );
    ancestors.set(id, new Set([...after, ...beyond]));
  }
  return edges;
}
