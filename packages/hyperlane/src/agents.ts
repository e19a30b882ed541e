import { ActionError, reason } from "@playbook/action";
import { address } from "@playbook/evm";
import { parse } from "yaml";
import { z } from "zod";

const name = z
  .string()
  .regex(/^[a-z]([-a-z0-9]{0,10}[a-z0-9])?$/, "is no name of 1 to 12 letters.");
const chain = z.string().regex(/^[a-z][a-z0-9]{0,23}$/, "is no chain's name of 1 to 24 letters.");
const region = z.string().regex(/^[a-z]+(-[a-z]+)+-\d$/, "is no region of AWS.");

/** An alias could be moved to another key, and the agent would be another one. */
const KEY =
  /^(arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key\/)?(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

const agent = {
  name,
  /** That of its key. */
  address,
  key: z.object({ id: z.string().regex(KEY, "is no key's id or ARN."), region }),
  roleArn: z.string().regex(/^arn:[a-z-]+:iam::\d{12}:role\/.+$/, "is no role's ARN."),
  rpcSecret: z.string().regex(/^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/, "is no Secret's name."),
  /** Where its pod is put. */
  zone: z.string().min(1).optional(),
  node: z.string().min(1).optional(),
};

const validator = z.strictObject({
  ...agent,
  /** Who holds the key: the policy judges by it, and by where it is used. */
  operator: z.string().min(1).optional(),
  bucket: z.object({ name: z.string().min(3), region, folder: z.string().min(1).optional() }),
});

const instance = z.strictObject({ ...agent, standby: z.boolean().default(false) });

const route = z
  .strictObject({ origin: chain, destination: chain })
  .refine((one) => one.origin !== one.destination, "leads to where it begins.");

/** The agents' own format: what has to have been paid for a message to be relayed. */
const gasPayment = z
  .array(
    z.discriminatedUnion("type", [
      z.looseObject({ type: z.literal("none") }),
      z.looseObject({ type: z.literal("minimum"), payment: z.string().regex(/^\d+$/) }),
      z.looseObject({ type: z.literal("onChainFeeQuoting"), gasFraction: z.string().optional() }),
    ]),
  )
  .min(1);

const relayers = z.strictObject({
  routes: z.array(route).min(1),
  gasPayment: gasPayment.optional(),
  instances: z.array(instance).min(1),
});

const agents = z.strictObject({
  /** By the chain whose messages they sign. */
  validators: z.record(chain, z.array(validator).min(1)).default({}),
  /** By what their routes are called together. */
  relayers: z.record(name, relayers).default({}),
});

export type Route = z.output<typeof route>;
export type ValidatorAgent = z.output<typeof validator>;
export type RelayerAgents = z.output<typeof relayers>;

/** Every agent that there shall be: validators by chain, relayers by routes. */
export type Agents = z.output<typeof agents>;

/**
 * Reads the list of agents, YAML or JSON, for the chains that there are where they are given.
 * Throws `bad-agents`, naming the field, or what two agents have in common that belongs to one.
 */
export function readAgents(text: string, source: string, chains?: readonly string[]): Agents {
  const parsed = agents.safeParse(parseYaml(text, source));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw badAgents(source, `${issue?.path.join(".") || "It"}: ${issue?.message}`);
  }
  const unknown = chains && unknownChain(parsed.data, chains);
  const flaw = unknown ?? sharedBelonging(parsed.data);
  if (flaw) throw badAgents(source, flaw);
  return parsed.data;
}

function parseYaml(text: string, source: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw badAgents(source, reason(error));
  }
}

function unknownChain(all: Agents, chains: readonly string[]): string | undefined {
  const ends = Object.values(all.relayers).flatMap(({ routes }) =>
    routes.flatMap(({ origin, destination }) => [origin, destination]),
  );
  const unknown = [...Object.keys(all.validators), ...ends].find((one) => !chains.includes(one));
  return unknown && `There is no chain ${unknown}; there is ${chains.join(", ")}.`;
}

/** Two agents with one key would be one; two that write one bucket undo each other's work. */
function sharedBelonging({ validators, relayers }: Agents): string | undefined {
  const signing = Object.entries(validators).flatMap(([group, all]) =>
    all.map((one) => [`validators.${group}.${one.name}`, one] as const),
  );
  const relaying = Object.entries(relayers).flatMap(([group, { instances }]) =>
    instances.map((one) => [`relayers.${group}.${one.name}`, one] as const),
  );
  const belongings = [...signing, ...relaying].flatMap(([path, one]) => [
    [path, path] as const,
    [path, `the key ${one.key.id}`] as const,
    [path, `the address ${one.address}`] as const,
  ]);
  const buckets = signing.map(([path, { bucket }]) => {
    const place = [bucket.name, bucket.folder].filter(Boolean).join("/");
    return [path, `the bucket ${place}`] as const;
  });
  const [shared] = [...Map.groupBy([...belongings, ...buckets], ([, thing]) => thing)].filter(
    ([, owners]) => owners.length > 1,
  );
  if (!shared) return undefined;
  const [thing, owners] = shared;
  return `${owners.map(([path]) => path).join(" and ")} have one thing in common: ${thing}.`;
}

function badAgents(source: string, why: string): ActionError {
  return new ActionError("bad-agents", {
    what: `The list of agents in ${source} cannot be used.`,
    why,
    next: "Correct it there; the README says what an agent is made of.",
  });
}
