import { AbiCoder, encodeBase58, keccak256, ParamType, toUtf8String } from "ethers";
import * as decimals from "../decimal.ts";
import { type Entity, hex } from "../value.ts";
import {
  putEthereumValue,
  putEthereumValues,
  readEthereumValue,
  typeOf,
} from "./ethereum-values.ts";
import { type Heap, type Pointer, types } from "./heap.ts";
import { putEntity, readEntity } from "./store-values.ts";

/** A call that a mapping makes to a contract. */
export type ContractCall = {
  contract: string;
  address: string;
  signature: string;
  arguments: unknown[];
};

/** What a handler reaches outside its own memory. */
export type Host = {
  get(type: string, id: string): Entity | undefined;
  getInBlock(type: string, id: string): Entity | undefined;
  related(type: string, id: string, field: string): Entity[];
  set(type: string, id: string, entity: Entity): void;
  remove(type: string, id: string): void;
  /** Nothing when the call reverts. */
  call(call: ContractCall): { outputs: readonly ParamType[]; values: unknown } | undefined;
  createSource(template: string, parameters: string[]): void;
  readonly source: { address: string; network: string };
  log(level: number, text: string): void;
};

/** The handler's own fault: it would fail in the same way again. */
export class MappingFailure extends Error {}

type HostFunction = (...args: number[]) => unknown;

const CRITICAL = 0;

/** Every function that this stand-in has for mappings, by the name that graph-ts imports. */
export function hostFunctions(heap: Heap, host: Host): Record<string, HostFunction> {
  return {
    ...programFunctions(heap, host),
    ...storeFunctions(heap, host),
    ...chainFunctions(heap, host),
    ...conversions(heap),
    ...bigIntFunctions(heap),
    ...bigDecimalFunctions(heap),
  };
}

export const hostFunctionNames: readonly string[] = Object.keys(
  hostFunctions({} as Heap, {} as Host),
);

function programFunctions(heap: Heap, host: Host): Record<string, HostFunction> {
  const text = (pointer: Pointer) => heap.string(pointer);
  return {
    abort(message = 0, file = 0, line = 0, column = 0) {
      const place = file ? `${text(file)}, line ${line}, column ${column}` : "an unknown location";
      const what = message ? `message: ${text(message)}` : "no message";
      throw new MappingFailure(`Mapping aborted at ${place}, with ${what}`);
    },
    "log.log": (level = 0, message = 0) => {
      host.log(level, text(message));
      if (level === CRITICAL) throw new MappingFailure("Critical error logged in mapping");
    },
    "crypto.keccak256": (input = 0) =>
      heap.putBytes(Buffer.from(keccak256(heap.bytes(input)).slice(2), "hex")),
  };
}

function storeFunctions(heap: Heap, host: Host): Record<string, HostFunction> {
  const text = (pointer: Pointer) => heap.string(pointer);
  const put = (entity: Entity | undefined) => (entity ? putEntity(heap, entity) : 0);
  return {
    "store.get": (type = 0, id = 0) => put(host.get(text(type), text(id))),
    "store.get_in_block": (type = 0, id = 0) => put(host.getInBlock(text(type), text(id))),
    "store.set": (type = 0, id = 0, data = 0) =>
      host.set(text(type), text(id), readEntity(heap, data)),
    "store.remove": (type = 0, id = 0) => host.remove(text(type), text(id)),
    "store.loadRelated": (type = 0, id = 0, field = 0) => {
      const entities = host.related(text(type), text(id), text(field));
      return heap.putArray(types.mapEntries, entities.map(put));
    },
  };
}

function chainFunctions(heap: Heap, host: Host): Record<string, HostFunction> {
  const text = (pointer: Pointer) => heap.string(pointer);
  const coder = AbiCoder.defaultAbiCoder();
  return {
    "ethereum.call": (call = 0) => {
      const answer = host.call({
        contract: text(heap.word(call)),
        address: hex(heap.bytes(heap.word(call, 1))),
        signature: text(heap.word(call, 3)),
        arguments: heap.array(heap.word(call, 4)).map((each) => readEthereumValue(heap, each)),
      });
      return answer ? putEthereumValues(heap, answer.outputs, answer.values as never) : 0;
    },
    "ethereum.encode": (value = 0) => {
      const encoded = coder.encode([typeOf(heap, value)], [readEthereumValue(heap, value)]);
      return heap.putBytes(Buffer.from(encoded.slice(2), "hex"));
    },
    "ethereum.decode": (type = 0, data = 0) => {
      const of = ParamType.from(tupleNamed(text(type)));
      try {
        const [value] = coder.decode([of], heap.bytes(data));
        return putEthereumValue(heap, of, value);
      } catch {
        return 0;
      }
    },
    "dataSource.create": (name = 0, parameters = 0) =>
      host.createSource(text(name), heap.array(parameters).map(text)),
    "dataSource.address": () => heap.putBytes(Buffer.from(host.source.address.slice(2), "hex")),
    "dataSource.network": () => heap.putString(host.source.network),
    "dataSource.context": () => putEntity(heap, {}),
  };
}

/** A tuple without the word `tuple` is what graph-node takes, and ethers does not. */
function tupleNamed(type: string): string {
  return type.startsWith("(") ? `tuple${type}` : type;
}

function conversions(heap: Heap): Record<string, HostFunction> {
  return {
    "typeConversion.bytesToString": (bytes = 0) =>
      heap.putString(toUtf8String(heap.bytes(bytes)).replace(/\0+$/, "")),
    "typeConversion.bytesToHex": (bytes = 0) => heap.putString(hex(heap.bytes(bytes))),
    "typeConversion.bytesToBase58": (bytes = 0) => heap.putString(encodeBase58(heap.bytes(bytes))),
    "typeConversion.bigIntToString": (value = 0) => heap.putString(heap.bigInt(value).toString()),
    "typeConversion.bigIntToHex": (value = 0) => {
      const number = heap.bigInt(value);
      const digits = number < 0n ? `-0x${(-number).toString(16)}` : `0x${number.toString(16)}`;
      return heap.putString(digits);
    },
    "typeConversion.stringToH160": (text = 0) => {
      const digits = heap.string(text).replace(/^0x/, "");
      if (!/^[\da-f]{40}$/i.test(digits)) {
        throw new MappingFailure(`Failed to convert string to Address/H160: '${digits}'`);
      }
      return heap.putBytes(Buffer.from(digits, "hex"));
    },
  };
}

function bigIntFunctions(heap: Heap): Record<string, HostFunction> {
  const binary =
    (work: (x: bigint, y: bigint) => bigint): HostFunction =>
    (x = 0, y = 0) =>
      heap.putBigInt(work(heap.bigInt(x), heap.bigInt(y)));
  const withNumber =
    (work: (x: bigint, n: bigint) => bigint): HostFunction =>
    (x = 0, n = 0) =>
      heap.putBigInt(work(heap.bigInt(x), BigInt(n & 0xff)));
  return {
    "bigInt.plus": binary((x, y) => x + y),
    "bigInt.minus": binary((x, y) => x - y),
    "bigInt.times": binary((x, y) => x * y),
    "bigInt.dividedBy": binary((x, y) => x / notZero(x, y)),
    "bigInt.mod": binary((x, y) => x % notZero(x, y)),
    "bigInt.bitOr": binary((x, y) => x | y),
    "bigInt.bitAnd": binary((x, y) => x & y),
    "bigInt.pow": withNumber((x, n) => x ** n),
    "bigInt.leftShift": withNumber((x, n) => x << n),
    "bigInt.rightShift": withNumber((x, n) => x >> n),
    "bigInt.dividedByDecimal": (x = 0, y = 0) =>
      heap.putDecimal(decimals.dividedBy(decimals.decimal(heap.bigInt(x)), heap.decimal(y))),
    "bigInt.fromString": (text = 0) => {
      const digits = heap.string(text);
      if (/^-?\d+$/.test(digits)) return heap.putBigInt(BigInt(digits));
      throw new MappingFailure(`failed to parse BigInt: '${digits}'`);
    },
  };
}

function notZero(x: bigint, y: bigint): bigint {
  if (y === 0n) throw new MappingFailure(`attempted to divide BigInt \`${x}\` by zero`);
  return y;
}

function bigDecimalFunctions(heap: Heap): Record<string, HostFunction> {
  type Work = (x: decimals.Decimal, y: decimals.Decimal) => decimals.Decimal;
  const binary =
    (work: Work): HostFunction =>
    (x = 0, y = 0) =>
      heap.putDecimal(work(heap.decimal(x), heap.decimal(y)));
  return {
    "bigDecimal.plus": binary(decimals.plus),
    "bigDecimal.minus": binary(decimals.minus),
    "bigDecimal.times": binary(decimals.times),
    "bigDecimal.dividedBy": binary(decimals.dividedBy),
    "bigDecimal.equals": (x = 0, y = 0) =>
      decimals.compared(heap.decimal(x), heap.decimal(y)) === 0 ? 1 : 0,
    "bigDecimal.toString": (x = 0) => heap.putString(decimals.decimalText(heap.decimal(x))),
    "bigDecimal.fromString": (text = 0) =>
      heap.putDecimal(decimals.parseDecimal(heap.string(text))),
  };
}
