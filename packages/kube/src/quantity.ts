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
