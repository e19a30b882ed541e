import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Hex } from "@playbook/evm";
import { z } from "zod";
import { filesBelow } from "../tree.ts";

type Hole = { start: number; length: number };

/** A contract of the build as it stands on a chain: known by its code. */
export type Runtime = {
  /** `src/Vault.sol:Vault`. */
  contract: string;
  code: string;
  /** Where the code differs from one deployment to the next: immutables and linked libraries. */
  holes: Hole[];
  /** What it says that it upgrades, by OpenZeppelin's annotation. */
  upgradesFrom: string | null;
};

const hole = z.object({ start: z.number(), length: z.number() });

const artifact = z.looseObject({
  deployedBytecode: z.looseObject({
    object: z.string(),
    immutableReferences: z.record(z.string(), z.array(hole)).default({}),
    linkReferences: z.record(z.string(), z.record(z.string(), z.array(hole))).default({}),
  }),
  /** As the compiler wrote it: forge's own `metadata` leaves annotations out. */
  rawMetadata: z.string(),
});

const metadata = z.looseObject({
  settings: z.looseObject({ compilationTarget: z.record(z.string(), z.string()) }),
  output: z.looseObject({ devdoc: z.record(z.string(), z.unknown()).default({}) }),
});

/**
 * Reads forge's `out` folder. Files in it that are no artifacts, or have no code, are passed over.
 */
export async function readRuntimes(folder: string): Promise<Runtime[]> {
  const paths = await filesBelow(folder, ["build-info"]).catch((error) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const jsons = paths.filter((path) => path.endsWith(".json"));
  const texts = await Promise.all(jsons.map((path) => readFile(join(folder, path), "utf8")));
  return texts.flatMap((text) => runtimeIn(JSON.parse(text)));
}

/** None for a file that is no artifact, or whose contract has no code. */
export function runtimeIn(content: unknown): Runtime[] {
  const { success, data } = artifact.safeParse(content);
  if (!success) return [];
  const { deployedBytecode, rawMetadata } = data;
  const { settings, output } = metadata.parse(JSON.parse(rawMetadata));
  const [target] = Object.entries(settings.compilationTarget);
  const code = deployedBytecode.object.replace(/^0x/, "").toLowerCase();
  if (!target || code === "") return [];

  const linked = Object.values(deployedBytecode.linkReferences).flatMap((one) =>
    Object.values(one).flat(),
  );
  const annotated = output.devdoc["custom:oz-upgrades-from"];
  return [
    {
      contract: target.join(":"),
      code,
      holes: [...Object.values(deployedBytecode.immutableReferences).flat(), ...linked],
      upgradesFrom: typeof annotated === "string" ? annotated.trim() : null,
    },
  ];
}

/** The contract of the build that has this code, immutables and libraries aside. */
export function runtimeOf(code: Hex, runtimes: Runtime[]): Runtime | undefined {
  const text = code.slice(2).toLowerCase();
  return runtimes.find(
    (one) => one.code.length === text.length && masked(one.code, one) === masked(text, one),
  );
}

function masked(code: string, { holes }: Runtime): string {
  let text = code;
  for (const { start, length } of holes) {
    text = text.slice(0, 2 * start) + "_".repeat(2 * length) + text.slice(2 * (start + length));
  }
  return text;
}

/** A contract by the name that an annotation gives it; undefined also for one that is ambiguous. */
export function runtimeNamed(name: string, runtimes: Runtime[]): Runtime | undefined {
  const whole = runtimes.find(({ contract }) => contract === name);
  const named = runtimes.filter(({ contract }) => contract.endsWith(`:${name}`));
  return whole ?? (named.length === 1 ? named[0] : undefined);
}
