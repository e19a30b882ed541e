/** Bytes in hexadecimal digits with `0x` before them. */
export type Hex = `0x${string}`;

/** Bytes in the form in which Axon writes them. */
export function toHex(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}

/** The bytes of what has been read as hexadecimal digits already. */
export function bytesOf(hex: Hex): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.slice(2), "hex"));
}
