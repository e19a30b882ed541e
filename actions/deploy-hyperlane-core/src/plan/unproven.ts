import { type Desired, type Domains, unprovable } from "@playbook/hyperlane";

/**
 * What Hyperlane's own relayers bring to nobody, by a chain's wish; undefined where they bring all.
 */
export function unprovenBy(
  { chain, defaultIsm }: Pick<Desired, "chain" | "defaultIsm">,
  domains: Domains,
): string | undefined {
  const found = Object.entries(domains).flatMap(([origin, domain]) => {
    const types = unprovable(defaultIsm, domain).map(({ type }) => type);
    return origin === chain || types.length === 0 ? [] : [{ origin, types }];
  });
  if (found.length === 0) return undefined;
  const types = [...new Set(found.flatMap((one) => one.types))].join(" and ");
  const origins = found.map(({ origin }) => origin).join(", ");
  return (
    `Hyperlane's own relayers make no proof for ${types}: to ${chain} they bring nothing from ` +
    `${origins}. Have another relayer do it, or other modules.`
  );
}
