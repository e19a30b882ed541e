import { type Decimal, decimal } from "../decimal.ts";

/** Types that graph-ts gives numbers to, so that a host can make objects of them. */
export const types = {
  string: 0,
  arrayBuffer: 1,
  uint8Array: 6,
  bigDecimal: 12,
  ethereumValues: 15,
  storeValues: 16,
  strings: 18,
  eventParams: 19,
  mapEntries: 21,
  eventParam: 23,
  transaction: 24,
  block: 25,
  ethereumValue: 30,
  storeValue: 31,
  event: 33,
  mapEntry: 34,
  entity: 36,
} as const;

export type TypeNumber = (typeof types)[keyof typeof types];

/** Where something lies in the program's memory; 0 is AssemblyScript's null. */
export type Pointer = number;

export type Runtime = {
  memory: WebAssembly.Memory;
  __new(size: number, id: number): Pointer;
  id_of_type(type: number): number;
};

/** The size of an object is the word before it. */
const SIZE_OFFSET = 4;

/** What an AssemblyScript program (stub runtime, apiVersion 0.0.5 and newer) has in its memory. */
export class Heap {
  readonly #runtime: () => Runtime;

  /** The program's exports are there only after its imports, which use this, are. */
  constructor(runtime: () => Runtime) {
    this.#runtime = runtime;
  }

  word(pointer: Pointer, index = 0): number {
    return this.#view().getUint32(pointer + 4 * index, true);
  }

  /** The payload of a tagged value: a pointer, or a number of up to 64 bits. */
  payload(pointer: Pointer): bigint {
    return this.#view().getBigInt64(pointer + 8, true);
  }

  string(pointer: Pointer): string {
    const size = this.word(pointer - SIZE_OFFSET);
    return Buffer.from(this.#copy(pointer, size)).toString("utf16le");
  }

  bytes(pointer: Pointer): Uint8Array {
    return this.#copy(this.word(pointer, 1), this.word(pointer, 2));
  }

  /** The pointers that an array holds. */
  array(pointer: Pointer): Pointer[] {
    const start = this.word(pointer, 1);
    return Array.from({ length: this.word(pointer, 3) }, (_, index) => this.word(start, index));
  }

  bigInt(pointer: Pointer): bigint {
    return fromSignedBytes(this.bytes(pointer));
  }

  decimal(pointer: Pointer): Decimal {
    const digits = this.bigInt(this.word(pointer, 0));
    return decimal(digits, Number(this.bigInt(this.word(pointer, 1))));
  }

  putWords(type: TypeNumber, words: number[]): Pointer {
    return this.#put(type, new Uint8Array(Uint32Array.from(words).buffer));
  }

  putTagged(type: TypeNumber, tag: number, payload: bigint): Pointer {
    const content = new DataView(new ArrayBuffer(16));
    content.setUint32(0, tag, true);
    content.setBigInt64(8, BigInt.asIntN(64, payload), true);
    return this.#put(type, new Uint8Array(content.buffer));
  }

  putString(text: string): Pointer {
    return this.#put(types.string, Buffer.from(text, "utf16le"));
  }

  putBytes(bytes: Uint8Array): Pointer {
    const buffer = this.#put(types.arrayBuffer, bytes);
    return this.putWords(types.uint8Array, [buffer, buffer, bytes.length]);
  }

  putArray(type: TypeNumber, pointers: Pointer[]): Pointer {
    const content = new Uint8Array(Uint32Array.from(pointers).buffer);
    const buffer = this.#put(types.arrayBuffer, content);
    return this.putWords(type, [buffer, buffer, content.length, pointers.length]);
  }

  putBigInt(value: bigint): Pointer {
    return this.putBytes(toSignedBytes(value));
  }

  putDecimal({ digits, exponent }: Decimal): Pointer {
    const parts = [this.putBigInt(digits), this.putBigInt(BigInt(exponent))];
    return this.putWords(types.bigDecimal, parts);
  }

  #put(type: TypeNumber, content: Uint8Array): Pointer {
    const { __new, id_of_type, memory } = this.#runtime();
    const pointer = __new(content.length, id_of_type(type));
    new Uint8Array(memory.buffer).set(content, pointer);
    return pointer;
  }

  #copy(start: Pointer, size: number): Uint8Array {
    return new Uint8Array(this.#runtime().memory.buffer, start, size).slice();
  }

  #view(): DataView {
    return new DataView(this.#runtime().memory.buffer);
  }
}

/** Little-endian two's complement of any length, as graph-ts has its BigInt. */
export function fromSignedBytes(bytes: Uint8Array): bigint {
  const unsigned = BigInt(`0x0${Buffer.from(bytes).reverse().toString("hex")}`);
  return BigInt.asIntN(bytes.length * 8, unsigned);
}

export function toSignedBytes(value: bigint): Uint8Array {
  let size = 1;
  while (BigInt.asIntN(size * 8, value) !== value) size++;
  const unsigned = BigInt.asUintN(size * 8, value).toString(16);
  return Buffer.from(unsigned.padStart(size * 2, "0"), "hex").reverse();
}
