/** `digits` times ten to the power of `exponent`, with no more digits than graph-node keeps. */
export type Decimal = { digits: bigint; exponent: number };

const PRECISION = 34;
/** What a division is computed to before it is cut. */
const DIVISION_PRECISION = 100;

export function decimal(digits: bigint, exponent = 0): Decimal {
  const surplus = length(digits) - PRECISION;
  if (surplus > 0) return decimal(rounded(digits, surplus), exponent + surplus);
  if (digits === 0n) return { digits, exponent: 0 };
  let [shorter, shift] = [digits, exponent];
  for (; shorter % 10n === 0n; shift++) shorter /= 10n;
  return { digits: shorter, exponent: shift };
}

export function parseDecimal(text: string): Decimal {
  const [, sign, whole = "", part = "", power = "0"] =
    /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  if (whole + part === "") throw new Error(`failed to parse BigDecimal from '${text}'`);
  const digits = BigInt(whole + part);
  return decimal(sign === "-" ? -digits : digits, Number(power) - part.length);
}

export function decimalText({ digits, exponent }: Decimal): string {
  const sign = digits < 0n ? "-" : "";
  const plain = magnitude(digits).toString();
  if (exponent >= 0) return sign + plain + "0".repeat(exponent);
  const padded = plain.padStart(1 - exponent, "0");
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}

export function plus(a: Decimal, b: Decimal): Decimal {
  const exponent = Math.min(a.exponent, b.exponent);
  return decimal(scaled(a, exponent) + scaled(b, exponent), exponent);
}

export function minus(a: Decimal, b: Decimal): Decimal {
  return plus(a, { ...b, digits: -b.digits });
}

export function times(a: Decimal, b: Decimal): Decimal {
  return decimal(a.digits * b.digits, a.exponent + b.exponent);
}

export function dividedBy(a: Decimal, b: Decimal): Decimal {
  if (b.digits === 0n) throw new Error("Cannot divide by zero-valued `BigDecimal`!");
  const digits = (a.digits * 10n ** BigInt(DIVISION_PRECISION)) / b.digits;
  return decimal(digits, a.exponent - b.exponent - DIVISION_PRECISION);
}

/** Negative, zero or positive, as a sort wants it. */
export function compared(a: Decimal, b: Decimal): number {
  const { digits } = minus(a, b);
  return digits === 0n ? 0 : digits < 0n ? -1 : 1;
}

function scaled({ digits, exponent }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(exponent - to);
}

function rounded(digits: bigint, places: number): bigint {
  const unit = 10n ** BigInt(places);
  const up = (magnitude(digits) % unit) * 2n >= unit ? 1n : 0n;
  const cut = magnitude(digits) / unit + up;
  return digits < 0n ? -cut : cut;
}

function magnitude(digits: bigint): bigint {
  return digits < 0n ? -digits : digits;
}

function length(digits: bigint): number {
  return magnitude(digits).toString().length;
}
