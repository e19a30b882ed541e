import { ActionError } from "@playbook/action";
import { canonical, digestOf } from "@playbook/state";
import { z } from "zod";

/** As much of a deployments manifest as a page needs. */
const deployments = z.looseObject({
  format: z.literal("playbook.deployments"),
  version: z.literal(1),
  environment: z.string(),
  chains: z.record(
    z.string(),
    z.looseObject({
      chainId: z.number(),
      contracts: z.array(
        z.looseObject({
          name: z.string().nullable(),
          address: z.string(),
          release: z.string(),
          left: z.string().optional(),
        }),
      ),
    }),
  ),
});

type Deployments = z.output<typeof deployments>;
type Contracts = Deployments["chains"][string]["contracts"];
type Json = Record<string, unknown>;

/** What a page is told about where it runs: its file in the site, and its bytes. */
export type Config = { path: string; text: string };

/** Hexadecimal digits of the digest in the file's name. */
const NAME_DIGITS = 16;

/** The file for a configuration: its name changes with what it says. */
export function configFile(value: Json): Config {
  const text = `${canonical(value)}\n`;
  const digits = digestOf(text).slice("sha256:".length, "sha256:".length + NAME_DIGITS);
  return { path: `config.${digits}.json`, text };
}

/** The manifest's chains and contracts, and over them what the product's own file says. */
export function configOf(manifest: Deployments | undefined, own: Json | undefined): Json {
  return merge(manifest ? fromDeployments(manifest) : {}, own ?? {});
}

function fromDeployments({ environment, chains }: Deployments): Json {
  const told = Object.entries(chains).map(([name, { chainId, contracts }]) => [
    name,
    { chainId, contracts: addressesIn(contracts) },
  ]);
  return { environment, chains: Object.fromEntries(told) };
}

/**
 * Name to address. A name that several releases made is the last one's; a second contract of a name
 * in one release is `Name#2`, as in the outputs of the release. What a release left behind that did
 * not come to its end is for nobody.
 */
function addressesIn(contracts: Contracts): Record<string, string> {
  const usable = contracts.filter(({ name, left }) => name !== null && left === undefined);
  const last = new Map(usable.map(({ name, release }) => [name, release]));
  const current = usable.filter(({ name, release }) => last.get(name) === release);
  const seen = new Map<string | null, number>();
  const named = current.map(({ name, address }) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return [times === 1 ? name : `${name}#${times}`, address];
  });
  return Object.fromEntries(named);
}

/** Objects are merged member by member, anything else is replaced. */
function merge(one: Json, other: Json): Json {
  const merged = Object.entries(other).map(([key, value]) => {
    const before = Object.hasOwn(one, key) ? one[key] : undefined;
    return [key, isObject(before) && isObject(value) ? merge(before, value) : value];
  });
  return { ...one, ...Object.fromEntries(merged) };
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads a deployments manifest. Throws `config-unreadable`. */
export function readDeployments(text: string, origin: string): Deployments {
  const parsed = deployments.safeParse(jsonOf(text, origin));
  if (parsed.success) return parsed.data;
  throw unreadable(origin, `It is no deployments manifest: ${z.prettifyError(parsed.error)}`);
}

/** Reads a product's own configuration. Throws `config-unreadable`. */
export function readOwn(text: string, origin: string): Json {
  const value = jsonOf(text, origin);
  if (isObject(value)) return value;
  throw unreadable(origin, "It holds no JSON object.");
}

function jsonOf(text: string, origin: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(origin, (error as Error).message);
  }
}

export function unreadable(origin: string, why: string): ActionError {
  return new ActionError("config-unreadable", {
    what: `The configuration cannot be read from ${origin}.`,
    why,
    next: "Correct `manifest` or `config`, or the file that it names.",
  });
}
