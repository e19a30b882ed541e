import { type Address, address, type Hex } from "@playbook/evm";
import { z } from "zod";
import { amount, ownedPart, placed, somebody, standing, threshold } from "./config-parts.ts";
import { ISMS_LEFT_OUT, STANDING_ISMS, saidOf } from "./left-out.ts";

const multisig = z
  .object({
    ...placed,
    type: z.enum([
      "messageIdMultisigIsm",
      "merkleRootMultisigIsm",
      "storageMessageIdMultisigIsm",
      "storageMerkleRootMultisigIsm",
    ]),
    validators: z.array(address).min(1),
    threshold,
  })
  .refine((one) => one.threshold <= one.validators.length, "has a threshold above its validators.")
  .refine(
    (one) => new Set(one.validators).size === one.validators.length,
    "has a validator twice.",
  );

/** What all weights of a set are parts of: a module refuses to judge by a threshold above it. */
const WHOLE_WEIGHT = 10_000_000_000;

const weight = z.number().int().nonnegative();

const weightedMultisig = z
  .object({
    ...placed,
    type: z.enum(["weightedMessageIdMultisigIsm", "weightedMerkleRootMultisigIsm"]),
    validators: z.array(z.object({ signingAddress: address, weight })).min(1),
    thresholdWeight: weight.min(1).max(WHOLE_WEIGHT),
  })
  .refine(
    (one) => one.validators.reduce((sum, all) => sum + all.weight, 0) >= one.thresholdWeight,
    "has a thresholdWeight above the weight of its validators.",
  )
  .refine(
    (one) =>
      new Set(one.validators.map((all) => all.signingAddress)).size === one.validators.length,
    "has a validator twice.",
  );

const trustedRelayer = z.object({
  ...placed,
  type: z.literal("trustedRelayerIsm"),
  relayer: somebody,
});

const testIsm = z.object({ ...placed, type: z.literal("testIsm") });

const pausableIsm = z.object({
  ...placed,
  type: z.literal("pausableIsm"),
  ...ownedPart(),
  paused: z.boolean().default(false),
});

const messageId = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/, "is no message's id of 32 bytes.")
  .transform((text) => text.toLowerCase() as Hex);

const blacklistIsm = z.object({
  ...placed,
  type: z.literal("blacklistIsm"),
  ...ownedPart(),
  blacklistedIds: z
    .array(messageId)
    .refine((ids) => new Set(ids).size === ids.length, "has an id twice."),
});

export type IsmConfig =
  | Address
  | z.output<typeof multisig>
  | z.output<typeof weightedMultisig>
  | z.output<typeof pausableIsm>
  | z.output<typeof blacklistIsm>
  | z.output<typeof trustedRelayer>
  | z.output<typeof testIsm>
  | {
      address?: Address | undefined;
      type: "staticAggregationIsm" | "storageAggregationIsm";
      modules: IsmConfig[];
      threshold: number;
    }
  | {
      address?: Address | undefined;
      type: "domainRoutingIsm" | "defaultFallbackRoutingIsm" | "incrementalDomainRoutingIsm";
      owner: Address;
      domains: Record<string, IsmConfig>;
    }
  | {
      address?: Address | undefined;
      type: "amountRoutingIsm";
      lowerIsm: IsmConfig;
      upperIsm: IsmConfig;
      threshold: string;
    };

export const ism: z.ZodType<IsmConfig> = z.lazy(() =>
  z.union([
    address,
    z.discriminatedUnion(
      "type",
      [
        multisig,
        weightedMultisig,
        pausableIsm,
        blacklistIsm,
        trustedRelayer,
        testIsm,
        standing(STANDING_ISMS),
        z
          .object({
            ...placed,
            type: z.enum(["staticAggregationIsm", "storageAggregationIsm"]),
            modules: z.array(ism).min(1),
            threshold,
          })
          .refine(
            (one) => one.threshold <= one.modules.length,
            "has a threshold above its modules.",
          ),
        z.object({
          ...placed,
          type: z.enum([
            "domainRoutingIsm",
            "defaultFallbackRoutingIsm",
            "incrementalDomainRoutingIsm",
          ]),
          ...ownedPart(),
          domains: z.record(z.string(), ism),
        }),
        z.object({
          ...placed,
          type: z.literal("amountRoutingIsm"),
          lowerIsm: ism,
          upperIsm: ism,
          threshold: amount,
        }),
      ],
      { error: saidOf(ISMS_LEFT_OUT) },
    ),
  ]),
);

/**
 * Whether a blacklist is where others can do without its word. The official CLI wants one to be in
 * an aggregation of which every module is needed.
 */
export function outvotesBlacklist(
  one: IsmConfig,
  { isNeeded = true, isAggregated = false } = {},
): boolean {
  if (typeof one === "string") return false;
  switch (one.type) {
    case "blacklistIsm":
      return !(isNeeded && isAggregated);
    case "staticAggregationIsm":
    case "storageAggregationIsm": {
      const needed = isNeeded && one.threshold === one.modules.length;
      return one.modules.some((each) =>
        outvotesBlacklist(each, { isNeeded: needed, isAggregated: true }),
      );
    }
    case "amountRoutingIsm":
      return [one.lowerIsm, one.upperIsm].some((each) => outvotesBlacklist(each, { isNeeded }));
    case "domainRoutingIsm":
    case "defaultFallbackRoutingIsm":
    case "incrementalDomainRoutingIsm":
      return Object.values(one.domains).some((each) => outvotesBlacklist(each, { isNeeded }));
    default:
      return false;
  }
}
