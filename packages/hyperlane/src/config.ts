import { address, type Hex } from "@playbook/evm";
import { z } from "zod";
import { type HookConfig, hook } from "./config-hooks.ts";
import { ism, outvotesBlacklist } from "./config-isms.ts";
import { owned, somebody } from "./config-parts.ts";
import { badCoreConfig, firstFlaw, parseConfig } from "./config-text.ts";

/** An account, or an account's address in 32 bytes: chains of other kinds have longer ones. */
const remoteRouter = z
  .string()
  .regex(/^0x([0-9a-fA-F]{40}|[0-9a-fA-F]{64})$/, "is no address of 20 or 32 bytes.")
  .transform((text) => `0x${text.slice(2).toLowerCase().padStart(64, "0")}` as Hex);

const accountRouter = z
  .object({
    owner: address.optional(),
    commitmentIsm: z
      .object({ owner: address.optional(), urls: z.array(z.string()).min(1) })
      .optional(),
    /** By domains, or by names of chains. */
    remoteRouters: z.record(z.string(), z.object({ address: remoteRouter })).optional(),
    routerType: z.enum(["regular", "minimal"]).optional(),
    /** ERC-20 tokens that the router pays fees in, and the hook that takes them from it. */
    feeTokenApprovals: z.array(z.object({ feeToken: address, hook: address })).optional(),
  })
  .refine(
    (one) => one.routerType !== "minimal" || !one.commitmentIsm,
    "is of routerType minimal, which has no commitmentIsm.",
  );

/** The account that owns the proxy admin, and upgrades the mailbox no sooner than it has said. */
const timelock = z.object({
  /** Seconds from a proposal to when it can be executed. */
  delay: z.number().int().positive().max(Number.MAX_SAFE_INTEGER),
  roles: z.object({
    /** Nobody's address stands for everybody. */
    executor: address,
    proposer: somebody,
  }),
});

/** A core config as the official CLI writes it: what `core read` prints is one. */
const coreConfig = z.object({
  ...owned("mailbox", "proxyAdmin"),
  defaultIsm: ism.refine(
    (one) => !outvotesBlacklist(one),
    "has a blacklistIsm where others can do without it. Put it into an " +
      "aggregation that needs every module.",
  ),
  defaultHook: hook.refine(
    (one) => !asksDefault(one),
    "has a defaultHook in it, which would ask itself for ever.",
  ),
  requiredHook: hook,
  proxyAdmin: z.object(owned()).optional(),
  interchainAccountRouter: accountRouter.optional(),
  permit2: address.optional(),
  deployQuotedCalls: z.boolean().default(true),
  upgrade: z.object({ timelock }).optional(),
});

export type CoreConfig = z.output<typeof coreConfig>;

function asksDefault(one: HookConfig): boolean {
  if (typeof one === "string") return false;
  if (one.type === "aggregationHook") return one.hooks.some(asksDefault);
  const ways = "domains" in one ? Object.values(one.domains) : [];
  if (one.type === "fallbackRoutingHook") ways.push(one.fallback);
  if (one.type === "amountRoutingHook") ways.push(one.lowerHook, one.upperHook);
  return one.type === "defaultHook" || ways.some(asksDefault);
}

/** Reads a core config, YAML or JSON. Throws `bad-core-config`, naming the field. */
export function readCoreConfig(text: string, source: string): CoreConfig {
  const parsed = coreConfig.safeParse(parseConfig(text, source));
  if (parsed.success) return parsed.data;
  throw badCoreConfig(source, firstFlaw(parsed.error.issues));
}
