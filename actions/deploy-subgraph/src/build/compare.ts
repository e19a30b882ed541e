import { type Context, reason } from "@playbook/action";
import { askLive, Ipfs, type Query } from "@playbook/subgraph";
import { load } from "js-yaml";
import { z } from "zod";
import { type Changes, changesBetween } from "../schema/changes.ts";
import { SOURCE_QUERY, sourceOfAnswer } from "../schema/live.ts";
import { type BrokenQuery, brokenQueries } from "../schema/own-queries.ts";
import { readSource, type Source } from "../schema/source.ts";

export type Compared = {
  /** Against what is live; undefined when nobody could say. */
  changes: Changes | undefined;
  /** Deployment that is live; undefined when there is none. */
  live: string | undefined;
  broken: BrokenQuery[];
};

type Asked = {
  name: string;
  /** Text of the `schema.graphql` that is to come. */
  schema: string;
  queries: Query[];
  query?: string | undefined;
  ipfs?: string | undefined;
};

const META = "{ _meta { deployment } }";

/** Compares a schema with what is live, and holds the repository's own queries to it. */
export async function compare(asked: Asked, context: Context): Promise<Compared> {
  const next = readSource(asked.schema);
  const { live, source } = await liveSource(asked, context);
  try {
    return {
      live,
      changes: source && changesBetween(source, next),
      broken: brokenQueries(asked.queries, next, live ? source : undefined),
    };
  } catch (error) {
    context.warn(`The schema of ${asked.name} was not compared: ${reason(error)}`);
    return { live, changes: undefined, broken: [] };
  }
}

const NOTHING: Source = { types: new Map(), enums: new Map(), searches: [] };

type Live = { live?: string | undefined; source?: Source };

async function liveSource({ name, query, ipfs }: Asked, context: Context): Promise<Live> {
  if (!query) return { live: undefined };
  const { data, errors } = await askLive(query, name, META, context);
  if (data === undefined && errors.some((one) => /does not exist|not found/i.test(one))) {
    context.progress(`Nothing serves as ${name} yet: there is nobody to break.`);
    return { live: undefined, source: NOTHING };
  }
  const live = (data as { _meta?: { deployment?: string } } | undefined)?._meta?.deployment;
  const written = live && ipfs ? await writtenSource(live, ipfs, context) : undefined;
  if (written) return { live, source: written };

  const shown = await askLive(query, name, SOURCE_QUERY, context);
  try {
    return { live, source: sourceOfAnswer(shown.data) };
  } catch {
    const why = shown.errors[0] ?? errors[0] ?? "it has no form";
    context.warn(`The live schema of ${name} was not compared: ${why}.`);
    return { live };
  }
}

const manifest = z.object({ schema: z.object({ file: z.object({ "/": z.string() }) }) });

/** The schema as it was deployed, by its manifest. Undefined when IPFS does not tell. */
async function writtenSource(
  live: string,
  url: string,
  context: Context,
): Promise<Source | undefined> {
  try {
    const ipfs = new Ipfs(url, context);
    const { schema } = manifest.parse(load((await ipfs.cat(live)) ?? ""));
    const text = await ipfs.cat(schema.file["/"].replace(/^\/ipfs\//, ""));
    return text === undefined ? undefined : readSource(text);
  } catch (error) {
    if (context.signal.aborted) throw error;
    context.progress(`IPFS does not tell the live schema, so the node is asked: ${reason(error)}`);
    return undefined;
  }
}
