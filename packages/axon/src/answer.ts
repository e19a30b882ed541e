import { ActionError } from "@playbook/action";
import { z } from "zod";
import type { Hex } from "./hex.ts";

/** A whole number as Axon's JSON-RPC gives it. */
export const count = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,16}$/)
  .transform(BigInt);

export const weight = count.transform(Number);

export const bytes = z
  .string()
  .regex(/^0x([0-9a-fA-F]{2})*$/)
  .transform((digits): Hex => `0x${digits.slice(2).toLowerCase()}`);

/** Reads what a node has answered. Throws `bad-axon-answer`. */
export function readAnswer<Shape extends z.ZodType>(
  method: string,
  answer: unknown,
  shape: Shape,
): z.output<Shape> {
  const result = shape.safeParse(answer);
  if (result.success) return result.data;
  throw new ActionError("bad-axon-answer", {
    what: `The answer to ${method} is not Axon's.`,
    why: z.prettifyError(result.error).replaceAll("\n", " "),
    next: "Give the address of an Axon node's JSON-RPC, of version 0.3.",
  });
}
