import type { Entity, Value } from "../value.ts";
import { type Heap, type Pointer, types } from "./heap.ts";

/** In the order of their numbers. */
const KINDS = [
  "string",
  "int",
  "decimal",
  "bool",
  "array",
  "null",
  "bytes",
  "bigint",
  "int8",
  "timestamp",
] as const;

export function readEntity(heap: Heap, pointer: Pointer): Entity {
  const entries = heap.array(heap.word(pointer));
  return Object.fromEntries(
    entries.map((entry) => [heap.string(heap.word(entry)), readValue(heap, heap.word(entry, 1))]),
  );
}

export function putEntity(heap: Heap, entity: Entity): Pointer {
  const entries = Object.entries(entity).map(([name, value]) =>
    heap.putWords(types.mapEntry, [heap.putString(name), putValue(heap, value)]),
  );
  return heap.putWords(types.entity, [heap.putArray(types.mapEntries, entries)]);
}

function readValue(heap: Heap, pointer: Pointer): Value {
  const kind = KINDS[heap.word(pointer)];
  const payload = heap.payload(pointer);
  const at = Number(BigInt.asUintN(32, payload));
  switch (kind) {
    case "string":
      return { kind, value: heap.string(at) };
    case "int":
      return { kind, value: Number(BigInt.asIntN(32, payload)) };
    case "decimal":
      return { kind, value: heap.decimal(at) };
    case "bool":
      return { kind, value: at !== 0 };
    case "array":
      return { kind, value: heap.array(at).map((value) => readValue(heap, value)) };
    case "bytes":
      return { kind, value: heap.bytes(at) };
    case "bigint":
      return { kind, value: heap.bigInt(at) };
    case "int8":
    case "timestamp":
      return { kind, value: payload };
    default:
      return { kind: "null", value: null };
  }
}

function putValue(heap: Heap, { kind, value }: Value): Pointer {
  return heap.putTagged(
    types.storeValue,
    KINDS.indexOf(kind),
    payload(heap, { kind, value } as Value),
  );
}

function payload(heap: Heap, { kind, value }: Value): bigint {
  switch (kind) {
    case "string":
      return BigInt(heap.putString(value));
    case "int":
      return BigInt(value);
    case "decimal":
      return BigInt(heap.putDecimal(value));
    case "bool":
      return value ? 1n : 0n;
    case "array": {
      const pointers = value.map((each) => putValue(heap, each));
      return BigInt(heap.putArray(types.storeValues, pointers));
    }
    case "bytes":
      return BigInt(heap.putBytes(value));
    case "bigint":
      return BigInt(heap.putBigInt(value));
    case "null":
      return 0n;
    default:
      return value;
  }
}
