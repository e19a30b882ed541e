import { getAddress, isAddress } from "ethers";
import { z } from "zod";

/** 0x-prefixed bytes in lower case. */
export type Hex = `0x${string}`;

/** A checksummed account. */
export type Address = `0x${string}` & { readonly __address?: never };

/** An amount of a chain's smallest unit. Stored and exchanged as a decimal string. */
export type Wei = bigint;

export const hex = z
  .string()
  .regex(/^0x([0-9a-fA-F]{2})*$/, "is not 0x and whole bytes.")
  .transform((text) => text.toLowerCase() as Hex);

export const address = z
  .string()
  .refine(isAddress, "is no address: 0x and 40 hex digits, with a right checksum if it has one.")
  .transform((text) => getAddress(text) as Address);

export const wei = z
  .string()
  .regex(/^\d+$/, "is no amount of wei.")
  .transform((text) => BigInt(text));

/** An account's transaction count; also a chain's block number, gas and the like. */
export const count = z.number().int().nonnegative();

/** What Hyperlane calls a chain by: it has 32 bits. */
export const domain = count.min(1).max(2 ** 32 - 1);
