import { getBytes, hexlify, ParamType, type Result } from "ethers";
import { type Heap, type Pointer, types } from "./heap.ts";

/** In the order of their numbers. */
const KINDS = [
  "address",
  "fixedBytes",
  "bytes",
  "int",
  "uint",
  "bool",
  "string",
  "fixedArray",
  "array",
  "tuple",
] as const;
type Kind = (typeof KINDS)[number];

/** A value of the chain, as ethers decodes it, in the program's memory. */
export function putEthereumValue(heap: Heap, type: ParamType, value: unknown): Pointer {
  const kind = kindOf(type);
  return heap.putTagged(types.ethereumValue, KINDS.indexOf(kind), payload(heap, kind, type, value));
}

export function putEthereumValues(
  heap: Heap,
  typesOf: readonly ParamType[],
  values: Result,
): Pointer {
  const pointers = typesOf.map((type, index) => putEthereumValue(heap, type, values[index]));
  return heap.putArray(types.ethereumValues, pointers);
}

/** As ethers takes it for an argument. */
export function readEthereumValue(heap: Heap, pointer: Pointer): unknown {
  const payload = heap.payload(pointer);
  const at = Number(BigInt.asUintN(32, payload));
  switch (KINDS[heap.word(pointer)]) {
    case "address":
    case "fixedBytes":
    case "bytes":
      return hexlify(heap.bytes(at));
    case "int":
    case "uint":
      return heap.bigInt(at);
    case "bool":
      return at !== 0;
    case "string":
      return heap.string(at);
    default:
      return heap.array(at).map((each) => readEthereumValue(heap, each));
  }
}

/** The type that a value names by itself, for `ethereum.encode`. */
export function typeOf(heap: Heap, pointer: Pointer): ParamType {
  return ParamType.from(typeName(heap, pointer));
}

function typeName(heap: Heap, pointer: Pointer): string {
  const kind = KINDS[heap.word(pointer)];
  const at = Number(BigInt.asUintN(32, heap.payload(pointer)));
  if (kind === "fixedBytes") return `bytes${heap.bytes(at).length}`;
  if (kind === "int" || kind === "uint") return `${kind}256`;
  if (kind !== "tuple" && kind !== "array" && kind !== "fixedArray") return kind ?? "bytes";
  const elements = heap.array(at);
  if (kind === "tuple") return `tuple(${elements.map((each) => typeName(heap, each)).join(",")})`;
  const of = elements[0] === undefined ? "uint256" : typeName(heap, elements[0]);
  return kind === "array" ? `${of}[]` : `${of}[${elements.length}]`;
}

function kindOf({ baseType, arrayLength }: ParamType): Kind {
  if (baseType === "array") return arrayLength === -1 ? "array" : "fixedArray";
  if (/^bytes\d+$/.test(baseType)) return "fixedBytes";
  return (/^(u?int)\d*$/.exec(baseType)?.[1] ?? baseType) as Kind;
}

function payload(heap: Heap, kind: Kind, type: ParamType, value: unknown): bigint {
  switch (kind) {
    case "address":
    case "fixedBytes":
    case "bytes":
      return BigInt(heap.putBytes(getBytes(value as string)));
    case "int":
    case "uint":
      return BigInt(heap.putBigInt(value as bigint));
    case "bool":
      return value ? 1n : 0n;
    case "string":
      return BigInt(heap.putString(value as string));
    case "tuple":
      return BigInt(putEthereumValues(heap, type.components ?? [], value as Result));
    default: {
      const of = type.arrayChildren as ParamType;
      const pointers = [...(value as Result)].map((each) => putEthereumValue(heap, of, each));
      return BigInt(heap.putArray(types.ethereumValues, pointers));
    }
  }
}
