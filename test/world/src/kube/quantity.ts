const UNITS: Record<string, number> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** What a quantity of Kubernetes, `20Gi`, is in bytes. */
export function bytesOf(quantity: string): number {
  const [, number = "", unit = ""] = /^([\d.]+)([A-Za-z]*)$/.exec(quantity) ?? [];
  const factor = UNITS[unit];
  if (number === "" || factor === undefined) throw new Error(`${quantity} is no number of bytes`);
  return Number(number) * factor;
}
