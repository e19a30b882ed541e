import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ActionError, type Context, type Report, reason } from "@playbook/action";
import { childEnvironment } from "@playbook/child";
import {
  deploymentOf,
  MANIFEST,
  originText,
  PARTS,
  readBuild,
  readQueries,
} from "@playbook/subgraph";
import { load } from "js-yaml";
import { z } from "zod";
import type { Source } from "../inputs.ts";
import type { Change } from "../schema/changes.ts";
import { commitOf } from "./commit.ts";
import { compare } from "./compare.ts";
import { setEdition } from "./edition.ts";
import { buildSubgraph } from "./graph-cli.ts";
import { deployments, NETWORKS, type Place, placesOf } from "./networks.ts";
import { type BuiltSource, breakingText, summarize } from "./summary.ts";

export type Inputs = {
  name: string;
  release: string;
  project: string;
  network?: string | undefined;
  /** File of the deployments manifest. */
  manifest?: string | undefined;
  chain?: string | undefined;
  sources: Source[];
  queries: string;
  edition?: string | undefined;
  allowBreaking: boolean;
  folder: string;
  query?: string | undefined;
  ipfs?: string | undefined;
};

const subgraph = z.looseObject({
  schema: z.object({ file: z.string() }),
  dataSources: z.array(
    z.looseObject({
      name: z.string(),
      kind: z.string().optional(),
      network: z.string().optional(),
      source: z.custom<Place>().optional(),
    }),
  ),
});

type Subgraph = z.output<typeof subgraph>;

/** Builds a subgraph into a folder that `apply` deploys: see action.yml. */
export async function build(inputs: Inputs, context: Context): Promise<Report> {
  const { name, release, project, folder } = inputs;
  const env = childEnvironment(process.env);
  const made = await commitOf(project, context.clock.now(), env);
  const manifest = await readSubgraph(project);
  // Before anything is built: what is wrong with them is quickly said.
  await readQueries(join(project, inputs.queries));

  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await compile(inputs, manifest, env, context);
  if (inputs.edition) await setEdition(join(folder, PARTS.subgraph), inputs.edition);
  await copyQueries(join(project, inputs.queries), join(folder, PARTS.queries));
  await writeFile(join(folder, PARTS.origin), originText(made));

  const { digest, uploads, queries } = await readBuild(folder, undefined);
  const deployment = deploymentOf(uploads);
  const schema = await readFile(join(project, manifest.schema.file), "utf8");
  const compared = await compare({ ...inputs, schema, queries }, context);
  const sources = builtSources(await readSubgraph(join(folder, PARTS.subgraph)));
  const told = { name, release, deployment, files: uploads.length, queries, sources };
  const summary = summarize(told, compared);
  await writeFile(join(folder, "summary.md"), `${summary}\n`);
  const breaking = compared.changes?.breaking ?? [];
  return {
    outputs: { digest, deployment, breaking: breaking.length },
    summary,
    ...(breaking.length > 0 && !inputs.allowBreaking && { failure: broken(name, breaking) }),
  };
}

async function readSubgraph(project: string): Promise<Subgraph> {
  const path = join(project, MANIFEST);
  try {
    return subgraph.parse(load(await readFile(path, "utf8")));
  } catch (error) {
    throw new ActionError("no-subgraph", {
      what: `There is no subgraph in ${resolve(project)}.`,
      why: error instanceof z.ZodError ? z.prettifyError(error) : reason(error),
      next:
        "Give the folder that has it in the input `project`; " +
        "one that is made, `install` makes.",
    });
  }
}

function builtSources({ dataSources }: Subgraph): BuiltSource[] {
  return dataSources.map(({ name, network = "", source }) => {
    const { address = "", startBlock = 0 } = source ?? {};
    return { name, network, address, startBlock };
  });
}

/** graph-cli writes addresses into the manifest itself, which is left as it was. */
async function compile(
  inputs: Inputs,
  manifest: Subgraph,
  env: ReturnType<typeof childEnvironment>,
  context: Context,
): Promise<void> {
  const path = join(inputs.project, MANIFEST);
  const before = await readFile(path);
  const scratch = await mkdtemp(join(tmpdir(), "subgraph-"));
  try {
    const network = await networkFile(inputs, manifest, scratch);
    const into = resolve(inputs.folder, PARTS.subgraph);
    const made = { of: sourcesOf(manifest), ipfs: inputs.ipfs };
    await buildSubgraph({ project: inputs.project, into, network, made, env }, context);
  } finally {
    await writeFile(path, before);
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The other subgraphs that it is made of. */
function sourcesOf({ dataSources }: Subgraph): string[] {
  return dataSources.flatMap(({ kind, source }) =>
    kind === "subgraph" && source?.address ? [source.address] : [],
  );
}

/** What graph-cli is given as `--network` and `--network-file`. */
async function networkFile(
  { project, network, manifest, chain, sources: called }: Inputs,
  { dataSources }: Subgraph,
  scratch: string,
): Promise<{ name: string; file: string } | undefined> {
  const own = resolve(project, NETWORKS);
  const name = network ?? chain;
  if (!manifest) return name ? { name, file: own } : undefined;
  if (!name) {
    throw new ActionError("bad-input", {
      what: '"network" and "chain" are both missing.',
      why: "The manifest has the contracts of every chain, and a subgraph is of one.",
      next:
        "Give the chain's name in the manifest, and its name " +
        "for graph-node where that differs.",
    });
  }
  const text = await readFile(own, "utf8").catch(() => "{}");
  const known = (JSON.parse(text) as Record<string, Record<string, Place>>)[name] ?? {};
  const sources = dataSources.map((one) => ({ ...one, known: known[one.name] }));
  const asked = { manifest: await readManifest(manifest), chain: chain ?? name, sources, called };
  const file = join(scratch, NETWORKS);
  await writeFile(file, JSON.stringify({ [name]: placesOf(asked) }));
  return { name, file };
}

async function readManifest(path: string) {
  try {
    return deployments.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    throw new ActionError("manifest-unreadable", {
      what: `The deployments manifest ${path} cannot be read.`,
      why: error instanceof z.ZodError ? z.prettifyError(error) : reason(error),
      next: "Give manifest.json out of the results of release-contracts, or their artifact's name.",
    });
  }
}

async function copyQueries(from: string, into: string): Promise<void> {
  await cp(from, into, { recursive: true }).catch((error) => {
    if (error.code !== "ENOENT") throw error;
  });
}

function broken(name: string, changes: Change[]): ActionError {
  const places = changes.length === 1 ? "place" : "places";
  return new ActionError("breaking-schema", {
    what: `The schema breaks clients of ${name} in ${changes.length} ${places}.`,
    why: `They ask for what is not there any more:\n${breakingText(changes)}`,
    next: "Keep it, or say that nobody asks for it any more: `allow-breaking: true`.",
  });
}
