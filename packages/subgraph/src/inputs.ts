import { z } from "zod";
import { isName } from "./names.ts";

export const count = z
  .string()
  .regex(/^\d{1,9}$/, "must be a whole number.")
  .transform(Number);

/** The URL itself may hold a password, so it is not repeated. */
export const url = z
  .string()
  .refine((text) => /^https?:\/\//.test(text) && URL.canParse(text), {
    error: "must be a URL that begins with http:// or https://.",
  })
  .transform((text) => text.replace(/\/+$/, ""));

export const subgraphName = z
  .string()
  .refine(isName, { error: "is no name that graph-node takes." });
