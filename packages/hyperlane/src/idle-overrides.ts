import type { CoreConfig } from "./config.ts";
import { IDLE_OVERRIDES } from "./config-parts.ts";

/**
 * What a person should know of the owners that a chain's config names and that nothing is given to,
 * here as by the official CLI; undefined where there are none.
 */
export function idleOverrides(chain: string, config: CoreConfig): string | undefined {
  const found = idleIn(config, []);
  if (found.length === 0) return undefined;
  return (
    `The core config of ${chain} names owners who own nothing by it, as by the official CLI: ` +
    `${found.join("; ")}. Take these names out.`
  );
}

/** By the places of their names. */
function idleIn(value: unknown, path: readonly string[]): string[] {
  if (typeof value !== "object" || value === null) return [];
  const { type, ownerOverrides } = value as { type?: string; ownerOverrides?: object };
  const isPart = path.length > 0;
  const idle = Object.keys(ownerOverrides ?? {}).filter(
    (name) => name !== type && (IDLE_OVERRIDES.includes(name) || (isPart && name === "proxyAdmin")),
  );
  const own = `${idle.join(", ")} in ${[...path, "ownerOverrides"].join(".")}`;
  const inside = Object.entries(value).filter(([name]) => name !== "ownerOverrides");
  return [
    ...(idle.length > 0 ? [own] : []),
    ...inside.flatMap(([name, one]) => idleIn(one, [...path, name])),
  ];
}
