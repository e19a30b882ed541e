import { ActionError, reason } from "@playbook/action";
import { type Address, address } from "@playbook/evm";
import { parse } from "yaml";
import { z } from "zod";

/** Amounts are decimal strings in these files; YAML makes numbers of some. */
const amount = z
  .union([z.string().regex(/^\d+$/, "is no whole number."), z.number().int().nonnegative()])
  .transform(String);

const owned = { owner: address, ownerOverrides: z.record(z.string(), address).optional() };

const multisig = z
  .object({
    type: z.enum(["messageIdMultisigIsm", "merkleRootMultisigIsm"]),
    validators: z.array(address).min(1),
    threshold: z.number().int().min(1),
  })
  .refine((one) => one.threshold <= one.validators.length, "has a threshold above its validators.")
  .refine(
    (one) => new Set(one.validators).size === one.validators.length,
    "has a validator twice.",
  );

const pausableIsm = z.object({
  type: z.literal("pausableIsm"),
  owner: address,
  paused: z.boolean().default(false),
});

export type IsmConfig =
  | Address
  | z.output<typeof multisig>
  | z.output<typeof pausableIsm>
  | { type: "staticAggregationIsm"; modules: IsmConfig[]; threshold: number }
  | { type: "domainRoutingIsm"; owner: Address; domains: Record<string, IsmConfig> };

const ism: z.ZodType<IsmConfig> = z.lazy(() =>
  z.union([
    address,
    z.discriminatedUnion("type", [
      multisig,
      pausableIsm,
      z
        .object({
          type: z.literal("staticAggregationIsm"),
          modules: z.array(ism).min(1),
          threshold: z.number().int().min(1),
        })
        .refine((one) => one.threshold <= one.modules.length, "has a threshold above its modules."),
      z.object({
        type: z.literal("domainRoutingIsm"),
        owner: address,
        domains: z.record(z.string(), ism),
      }),
    ]),
  ]),
);

const gasData = z.object({ gasPrice: amount, tokenExchangeRate: amount });

const gasPaymaster = z
  .object({
    type: z.literal("interchainGasPaymaster"),
    ...owned,
    beneficiary: address,
    /** Whom the gas oracle obeys. Absent where none is in use. */
    oracleKey: address.optional(),
    overhead: z.record(z.string(), z.number().int().nonnegative()).default({}),
    oracleConfig: z.record(z.string(), gasData).default({}),
    quoteSigners: z.array(address).default([]),
    igpVersion: z.string().optional(),
    tokenOracleConfig: z.record(z.string(), z.unknown()).optional(),
  })
  .refine((one) => one.igpVersion !== "legacy", "is of version legacy, which is not deployed.")
  .refine(
    (one) => Object.keys(one.tokenOracleConfig ?? {}).length === 0,
    "has a tokenOracleConfig: gas is paid in the chain's own currency only.",
  )
  .check(({ value, issues }) => {
    const name = Object.keys(value.overhead).find((one) => !(one in value.oracleConfig));
    if (name === undefined) return;
    const message = `has an overhead for ${name} and no oracleConfig.`;
    issues.push({ code: "custom", message, input: value });
  });

const protocolFee = z
  .object({
    type: z.literal("protocolFee"),
    ...owned,
    beneficiary: address,
    maxProtocolFee: amount,
    protocolFee: amount,
  })
  .refine(
    (one) => BigInt(one.protocolFee) <= BigInt(one.maxProtocolFee),
    "has a fee above its own.",
  );

const merkleTree = z.object({ type: z.literal("merkleTreeHook") });

const pausableHook = z.object({
  type: z.literal("pausableHook"),
  ...owned,
  paused: z.boolean().default(false),
});

export type HookConfig =
  | Address
  | z.output<typeof gasPaymaster>
  | z.output<typeof protocolFee>
  | z.output<typeof merkleTree>
  | z.output<typeof pausableHook>
  | { type: "aggregationHook"; hooks: HookConfig[] };

const hook: z.ZodType<HookConfig> = z.lazy(() =>
  z.union([
    address,
    z.discriminatedUnion("type", [
      gasPaymaster,
      protocolFee,
      merkleTree,
      pausableHook,
      z.object({ type: z.literal("aggregationHook"), hooks: z.array(hook).min(1) }),
    ]),
  ]),
);

/** A core config as the official CLI writes it: what `core read` prints is one. */
const coreConfig = z.object({
  ...owned,
  defaultIsm: ism,
  defaultHook: hook,
  requiredHook: hook,
  proxyAdmin: z.object({ owner: address }).optional(),
  interchainAccountRouter: z
    .object({
      owner: address.optional(),
      commitmentIsm: z.object({ urls: z.array(z.string()).min(1) }).optional(),
    })
    .optional(),
  permit2: address.optional(),
  deployQuotedCalls: z.boolean().default(true),
});

export type CoreConfig = z.output<typeof coreConfig>;

/** Reads a core config, YAML or JSON. Throws `bad-core-config`, naming the field. */
export function readCoreConfig(text: string, source: string): CoreConfig {
  const parsed = coreConfig.safeParse(parseYaml(text, source));
  if (parsed.success) return parsed.data;
  throw badCoreConfig(source, firstFlaw(parsed.error.issues));
}

function parseYaml(text: string, source: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw badCoreConfig(source, reason(error));
  }
}

type Issue = z.core.$ZodIssue;

/** Where the text goes wrong first, in the branch of each union that it comes nearest to. */
function firstFlaw(issues: Issue[], above: PropertyKey[] = []): string {
  const [issue] = issues;
  const path = [...above, ...(issue?.path ?? [])];
  const branches = issue?.code === "invalid_union" ? issue.errors : [];
  const nearest = branches.at(-1);
  if (nearest?.length) return firstFlaw(nearest, path);
  return `${path.join(".") || "It"}: ${issue?.message}`;
}

function badCoreConfig(source: string, why: string): ActionError {
  return new ActionError("bad-core-config", {
    what: `The core config in ${source} cannot be used.`,
    why,
    next: "Write it as `hyperlane core read` does; the README lists the modules and hooks known.",
  });
}
