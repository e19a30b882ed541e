import { duration, lines, list } from "@playbook/action";
import { budgets, digest, key, quorums, role, urls } from "@playbook/broadcast/inputs";
import { address } from "@playbook/evm";
import { z } from "zod";
import type { Route } from "./journey.ts";

/** `origin>destination`, one a line. */
const routes = lines.transform((items, context) =>
  items.map((item): Route => {
    const [, origin, destination] = /^(\S+)\s*>\s*(\S+)$/.exec(item) ?? [];
    if (origin && destination && origin !== destination) return { origin, destination };
    context.addIssue(`"${item}" is no route; write origin>destination.`);
    return z.NEVER;
  }),
);

/** The inputs as action.yml declares them. */
export const schema = z.object({
  mode: z.enum(["pack", "watch", "send"], { error: "must be pack, watch or send." }),
  registry: z.string().default("registry"),
  configs: z.string().optional(),
  chains: list.default([]),
  routes: routes.default([]),
  "rpc-urls": urls.default([]),
  quorum: quorums.default([]),
  agents: z.string().optional(),
  "agents-artifact": z.string().optional(),
  "agents-digest": digest.optional(),
  relayers: list.pipe(z.array(address)).default([]),
  least: budgets.default([]),
  patience: duration.default(600_000),
  role: role.optional(),
  region: z.string().optional(),
  key: key.optional(),
  result: z.string().default(".playbook/hyperlane-check"),
  artifact: z.string().optional(),
  "artifact-digest": digest.optional(),
  "result-artifact": z.string().optional(),
});
