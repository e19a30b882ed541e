import { readFile } from "node:fs/promises";
import { ActionError, type Context } from "@playbook/action";
import { readS3Store, type Session } from "@playbook/aws";
import {
  type Config,
  configFile,
  configOf,
  readDeployments,
  readOwn,
  unreadable,
} from "./config.ts";

/**
 * Where manifests of the contracts lie in S3: below the prefix of their state. A key that ends with
 * a slash is the folder of an environment, and means the newest in it.
 */
export type Deployments = { bucket: string; prefix: string; key: string };

/** Reads `s3://bucket/prefix/environments/…`; undefined for a file. Throws `bad-input`. */
export function deploymentsAt(location: string | undefined): Deployments | undefined {
  if (location === undefined || !/^[\w-]+:/.test(location)) return undefined;
  const [, bucket, prefix, key] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]+)\/([\w./-]+?)\/(environments\/[\w./-]+(?:\.json|\/))$/.exec(
      location,
    ) ?? [];
  if (bucket && prefix && key) return { bucket, prefix, key };
  throw new ActionError("bad-input", {
    what: `"manifest" is ${location}.`,
    why: "It is neither a file nor the location of a manifest, or of an environment's manifests.",
    next:
      "Give the output `manifest` of release-contracts, its " +
      "folder with a / at the end, or a file.",
  });
}

type Known = {
  /** What the release was begun with, if it was. */
  recorded: string | undefined;
  session: Session;
  context: Context;
};

/**
 * The one manifest that is meant. The newest of an environment is looked up once for a release:
 * what goes on takes the one that it was begun with. Throws `config-unreadable`.
 */
export async function exactLocation(
  location: string | undefined,
  { recorded, session, context }: Known,
): Promise<string | undefined> {
  const place = deploymentsAt(location);
  if (!location || !place?.key.endsWith("/")) return location;
  if (recorded?.startsWith(location)) return recorded;
  const { bucket, prefix, key } = place;
  const keys = await readS3Store({ session, bucket, prefix, context }).list(key);
  const newest = keys.filter((one) => /^\d+\.json$/.test(one.slice(key.length))).at(-1);
  if (!newest) throw unreadable(location, "No release of contracts has written a manifest there.");
  return `s3://${bucket}/${prefix}/${newest}`;
}

type Asked = { manifest?: string | undefined; config?: string | undefined };

/** The configuration of a release; undefined when it has none. Throws `config-unreadable`. */
export async function readConfig(
  { manifest, config }: Asked,
  session: Session | undefined,
  context: Context,
): Promise<Config | undefined> {
  if (!manifest && !config) return undefined;
  const own = config ? await ownOf(config) : undefined;
  if (!manifest) return configFile(configOf(undefined, own));
  const place = deploymentsAt(manifest);
  const text = place && session ? await fetchText(place, session, context) : textOf(manifest);
  return configFile(configOf(readDeployments(await text, manifest), own));
}

/** The product's own: the object itself, or the file that it is in. */
async function ownOf(config: string) {
  const isObject = config.trimStart().startsWith("{");
  return isObject ? readOwn(config, "the input `config`") : readOwn(await textOf(config), config);
}

async function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch((error) => {
    throw unreadable(path, error.code === "ENOENT" ? "There is no such file." : error.message);
  });
}

async function fetchText(place: Deployments, session: Session, context: Context): Promise<string> {
  const { bucket, prefix, key } = place;
  const bytes = await readS3Store({ session, bucket, prefix, context }).read(key);
  if (!bytes) throw unreadable(`s3://${bucket}/${prefix}/${key}`, "There is no such object.");
  return Buffer.from(bytes).toString();
}
