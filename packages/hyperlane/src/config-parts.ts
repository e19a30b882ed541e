import { address } from "@playbook/evm";
import { z } from "zod";

/** Amounts are decimal strings in these files; YAML makes numbers of some. */
export const amount = z
  .union([z.string().regex(/^\d+$/, "is no whole number."), z.number().int().nonnegative()])
  .transform(String);

export const owned = { owner: address, ownerOverrides: z.record(z.string(), address).optional() };
