import { lines, list } from "@playbook/action";
import { z } from "zod";
import { sourceOf } from "./source.ts";

/** What git takes as a branch, less what nobody calls one. */
const BRANCH = /^(?![-/.])(?!.*(\.\.|\/\/|\/\.|@\{|\.lock(\/|$)))[\w./@+-]{1,200}(?<![./])$/;

const branch = z.string().regex(BRANCH, "must be the name of a branch.");

/** The inputs as action.yml declares them. */
export const schema = z.object({
  files: lines.transform((all) => all.map(sourceOf)),
  names: list.default([]),
  artifact: z.string().optional(),
  "artifact-digest": z.string().optional(),
  branch,
  base: branch.optional(),
  title: z.string().regex(/^[^\r\n]{1,200}$/, "must be one line of at most 200 characters."),
  body: z.string().max(60_000, "must have at most 60000 characters.").default(""),
  token: z.string(),
});
