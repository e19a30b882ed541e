import { duration, lines, list } from "@playbook/action";
import {
  budgets,
  digest,
  fees,
  key,
  positive,
  quorums,
  role,
  urls,
} from "@playbook/broadcast/inputs";
import { address } from "@playbook/evm";
import type { Validator } from "@playbook/hyperlane";
import { z } from "zod";

/**
 * `0x… operator=acme node=one zone=a`, one validator a line; all but the address may be missing.
 */
const validators = lines.transform((items, context) =>
  items.map((item): Validator => {
    const [first = "", ...words] = item.split(/\s+/);
    const read = address.safeParse(first);
    const places = words.map((word) => /^(operator|node|zone)=(\S+)$/.exec(word));
    if (read.success && places.every((place) => place !== null)) {
      const said = places.map(([, name, value]) => [name, value]);
      return { address: read.data, ...Object.fromEntries(said) };
    }
    context.addIssue(`"${item}" is not an address and, after it, operator=, node= or zone=.`);
    return z.NEVER;
  }),
);

const addresses = list.pipe(z.array(address));

/** The inputs as action.yml declares them. */
export const schema = z.object({
  mode: z.enum(["plan", "apply"], { error: "must be plan or apply." }),
  environment: z.string(),
  registry: z.string().default("registry"),
  configs: z.string().default("configs"),
  "agent-config": z.string().default("agent-config.json"),
  chains: list.default([]),
  sender: address.optional(),
  "rpc-urls": urls.default([]),
  validators: validators.default([]),
  relayers: addresses.default([]),
  "allow-few-validators": list.default([]),
  "allow-low-threshold": list.default([]),
  "allow-unsigned": list.default([]),
  "allow-shared-keys": list.default([]),
  "allow-no-merkle-tree": list.default([]),
  "instant-finality": list.default([]),
  "allow-one-operator": list.default([]),
  "allow-one-place": list.default([]),
  plan: z.string().default(".playbook/hyperlane-plan"),
  artifact: z.string().optional(),
  "plan-digest": digest.optional(),
  result: z.string().default(".playbook/hyperlane"),
  role: role.optional(),
  region: z.string().optional(),
  key: key.optional(),
  state: z.string().optional(),
  budget: budgets.default([]),
  fees: fees.default([]),
  quorum: quorums.default([]),
  window: positive.default(64),
  redeploy: list.default([]),
  deadline: duration.default(3_600_000),
});
