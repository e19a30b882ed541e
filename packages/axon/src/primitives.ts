import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";
import type { Hex } from "./hex.ts";
import { checksummed } from "./keys.ts";
import { isPort, type Multiaddr, readMultiaddr } from "./multiaddr.ts";

/**
 * The types that Axon's structs are made of, as serde reads them from TOML: nothing is converted, a
 * number in quotes is none. TOML's own whole numbers end at 2⁶³ - 1.
 */
const integer = z.bigint("has to be a whole number, without quotes");

const unsigned = (bits: 32 | 64) =>
  integer.refine((value) => value >= 0n && value < 2n ** BigInt(bits), {
    error: `has to be from 0 to ${bits === 64 ? "2⁶³ - 1" : 2 ** bits - 1}`,
  });

export const u64 = unsigned(64);

export const u32 = unsigned(32).transform(Number);

export const i32 = integer
  .refine((value) => value >= -(2n ** 31n) && value < 2n ** 31n, "has to fit in 32 bits")
  .transform(Number);

export const text = z.string("has to be text in quotes");

export const flag = z.boolean("has to be true or false, without quotes");

/** Bytes that Axon demands `0x` of. */
export const hex = text
  .regex(/^0x([0-9a-fA-F]{2})*$/, "has to be 0x and pairs of hexadecimal digits")
  .transform((digits): Hex => `0x${digits.slice(2).toLowerCase()}`);

/** A number in hexadecimal digits, in quotes, with or without `0x`. */
export const quantity = (bytes: 8 | 32) =>
  text
    .regex(/^(0x)?[0-9a-fA-F]+$/, 'has to be hexadecimal digits in quotes, for example "0x539"')
    .refine((digits) => digits.replace(/^0x/, "").length <= 2 * bytes, {
      error: `has to be at most ${bytes} bytes`,
    })
    .transform((digits) => BigInt(digits.startsWith("0x") ? digits : `0x${digits}`));

/** An address whose capitals have to hold its checksum: in lower case it is refused. */
export const checksummedAddress = text.transform((written, context): Hex => {
  const digits = /^(?:0x)?([0-9a-fA-F]{40})$/.exec(written)?.[1];
  const right = digits && checksummed(`0x${digits}`);
  if (!right) return refuse(context, "has to be 40 hexadecimal digits");
  if (right.slice(2) !== digits) return refuse(context, `has to be written ${right} (EIP-55)`);
  return right;
});

/** An address in any capitals. */
export const address = text
  .regex(/^(0x)?[0-9a-fA-F]{40}$/, "has to be 40 hexadecimal digits")
  .transform((digits): Hex => `0x${digits.replace(/^0x/, "").toLowerCase()}`);

/** An IP address and a port: Rust's `SocketAddr`, which resolves no names. */
export const socketAddress = text.refine(isSocketAddress, {
  error: "has to be an IP address and a port, for example 0.0.0.0:8000",
});

function isSocketAddress(written: string): boolean {
  const [, six, four, port = ""] = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]+)$/.exec(written) ?? [];
  return isPort(port) && (six === undefined ? isIPv4(four ?? "") : isIPv6(six));
}

export const multiaddr = text.transform((written, context): Multiaddr => {
  const read = readMultiaddr(written);
  return typeof read === "string" ? refuse(context, `is no address of a peer: ${read}`) : read;
});

function refuse(context: z.RefinementCtx, message: string): never {
  context.issues.push({ code: "custom", message, input: context.value });
  return z.NEVER;
}
