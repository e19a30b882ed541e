const BINARY = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
};

/**
 * A Kubernetes quantity as a number: cores, bytes or pieces. NaN when it is none.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function quantity(written: string | number): number {
  const [, digits, suffix = ""] =
    /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)$/.exec(`${written}`) ?? [];
  const power = BINARY.indexOf(suffix) + 1;
  const factor = power > 0 ? 1024 ** power : DECIMAL[suffix];
  return factor === undefined ? Number.NaN : Number(digits) * factor;
}

/** In the unit that a person would use. */
export function written(resource: string, amount: number): string {
  if (resource === "cpu") return `${Math.round(amount * 1000)}m of CPU`;
  if (resource === "pods") return `${amount} pods`;
  if (resource !== "memory" && !resource.endsWith("storage")) return `${amount} of ${resource}`;
  const power = Math.min(
    4,
    Math.max(0, Math.floor(Math.log(Math.max(1, amount)) / Math.log(1024))),
  );
  const unit = ["B", "KiB", "MiB", "GiB", "TiB"][power];
  return `${Math.round((amount / 1024 ** power) * 10) / 10} ${unit} of ${resource}`;
}
