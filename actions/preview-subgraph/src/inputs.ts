import { duration } from "@playbook/action";
import { previewInputs } from "@playbook/preview/inputs";
import { count, subgraphName, url } from "@playbook/subgraph/inputs";
import { z } from "zod";

const optional = z.string().optional();

/** The inputs as action.yml declares them. */
export const schema = z.object({
  ...previewInputs,
  name: subgraphName,
  artifact: z.string().default("subgraph-plan"),
  admin: url,
  "admin-token": optional,
  "production-admin": url,
  status: url,
  query: url,
  ipfs: url.optional(),
  "ipfs-token": optional,
  lag: count.default(50),
  wait: duration.default(30 * 60_000),
  deadline: duration.default(60 * 60_000),
});
