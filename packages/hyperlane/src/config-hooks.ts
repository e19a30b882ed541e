import { type Address, address } from "@playbook/evm";
import { z } from "zod";
import { amount, amountOf, ownedPart, placed, somebody, standing } from "./config-parts.ts";
import { HOOKS_LEFT_OUT, STANDING_HOOKS, saidOf } from "./left-out.ts";

const gasData = z.object({ gasPrice: amountOf(128), tokenExchangeRate: amountOf(128) });

const gasPaymaster = z
  .object({
    type: z.literal("interchainGasPaymaster"),
    ...ownedPart("interchainGasPaymaster", "storageGasOracle"),
    beneficiary: address,
    /** Whom the gas oracle obeys. Absent where none is in use. */
    oracleKey: address.optional(),
    overhead: z.record(z.string(), z.number().int().nonnegative()).default({}),
    oracleConfig: z.record(z.string(), gasData).default({}),
    quoteSigners: z.array(address).default([]),
    igpVersion: z.string().optional(),
    /** By ERC-20 tokens that gas may be paid in, and by destinations. */
    tokenOracleConfig: z.record(address, z.record(z.string(), gasData)).default({}),
  })
  .refine((one) => one.igpVersion !== "legacy", "is of version legacy, which is not deployed.")
  .check(({ value, issues }) => {
    const priced = Object.values(value.tokenOracleConfig).flatMap(Object.keys);
    const name = priced.find((one) => !(one in value.oracleConfig));
    if (name === undefined) return;
    const message = `has a tokenOracleConfig for ${name} and no oracleConfig.`;
    issues.push({ code: "custom", message, input: value });
  })
  .check(({ value, issues }) => {
    const name = Object.keys(value.overhead).find((one) => !(one in value.oracleConfig));
    if (name === undefined) return;
    const message = `has an overhead for ${name} and no oracleConfig.`;
    issues.push({ code: "custom", message, input: value });
  });

const protocolFee = z
  .object({
    ...placed,
    type: z.literal("protocolFee"),
    ...ownedPart(),
    beneficiary: somebody,
    maxProtocolFee: amount,
    protocolFee: amount,
  })
  .refine(
    (one) => BigInt(one.protocolFee) <= BigInt(one.maxProtocolFee),
    "has a fee above its own.",
  );

const merkleTree = z.object({ ...placed, type: z.literal("merkleTreeHook") });

const pausableHook = z.object({
  ...placed,
  type: z.literal("pausableHook"),
  ...ownedPart("pausableHook"),
  paused: z.boolean().default(false),
});

type Placed = { address?: Address | undefined };
type Owned = Placed & { owner: Address; ownerOverrides?: Record<string, Address> | undefined };

export type HookConfig =
  | Address
  | z.output<typeof gasPaymaster>
  | z.output<typeof protocolFee>
  | z.output<typeof merkleTree>
  | z.output<typeof pausableHook>
  | (Placed & { type: "defaultHook" })
  | (Placed & { type: "aggregationHook"; hooks: HookConfig[] })
  | (Owned & { type: "domainRoutingHook"; domains: Record<string, HookConfig> })
  | (Owned & {
      type: "fallbackRoutingHook";
      domains: Record<string, HookConfig>;
      fallback: HookConfig;
    })
  | (Placed & {
      type: "amountRoutingHook";
      lowerHook: HookConfig;
      upperHook: HookConfig;
      threshold: string;
    });

export const hook: z.ZodType<HookConfig> = z.lazy(() =>
  z.union([
    address,
    z.discriminatedUnion(
      "type",
      [
        gasPaymaster,
        protocolFee,
        merkleTree,
        pausableHook,
        standing(STANDING_HOOKS),
        z.object({ ...placed, type: z.literal("defaultHook") }),
        z.object({ ...placed, type: z.literal("aggregationHook"), hooks: z.array(hook).min(1) }),
        z.object({
          ...placed,
          type: z.literal("domainRoutingHook"),
          ...ownedPart("domainRoutingHook"),
          domains: z.record(z.string(), hook),
        }),
        z.object({
          ...placed,
          type: z.literal("fallbackRoutingHook"),
          ...ownedPart("fallbackRoutingHook"),
          domains: z.record(z.string(), hook),
          fallback: hook,
        }),
        z.object({
          ...placed,
          type: z.literal("amountRoutingHook"),
          lowerHook: hook,
          upperHook: hook,
          threshold: amount,
        }),
      ],
      { error: saidOf(HOOKS_LEFT_OUT) },
    ),
  ]),
);
