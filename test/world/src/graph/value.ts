import { type Decimal, decimalText } from "./decimal.ts";

/** What an entity's field holds. */
export type Value =
  | { kind: "string"; value: string }
  | { kind: "int"; value: number }
  | { kind: "decimal"; value: Decimal }
  | { kind: "bool"; value: boolean }
  | { kind: "array"; value: Value[] }
  | { kind: "null"; value: null }
  | { kind: "bytes"; value: Uint8Array }
  | { kind: "bigint" | "int8" | "timestamp"; value: bigint };

export type Entity = Record<string, Value>;

export type Json = string | number | boolean | null | Json[];

/** As a query answers it. */
export function toJson(value: Value | undefined): Json {
  if (!value) return null;
  switch (value.kind) {
    case "decimal":
      return decimalText(value.value);
    case "array":
      return value.value.map(toJson);
    case "bytes":
      return hex(value.value);
    case "bigint":
    case "int8":
    case "timestamp":
      return value.value.toString();
    default:
      return value.value;
  }
}

export function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}
