import { type Context, need, type parseInputs, type Report } from "@playbook/action";
import type { schema } from "./inputs.ts";

export type Inputs = ReturnType<ReturnType<typeof parseInputs<typeof schema.shape>>> & {
  /** `owner/name`: whose subgraph it is. */
  repository: string;
  /** Which run it is, for whoever reads what it stored. */
  run: string;
};

/** Where an artifact with the deployments manifest is put. */
const MANIFEST_FOLDER = ".playbook/manifest";

// Loaded when they are needed: only building starts programs, and artifacts are half of the size.
const artifacts = () => import("@playbook/github");
const builder = () => import("./build/build.ts");
const applier = () => import("./apply/apply.ts");

/** Builds a subgraph, or deploys a build: see action.yml. */
export function run(inputs: Inputs, context: Context): Promise<Report> {
  context.mask(inputs.adminToken ?? "");
  context.mask(inputs.ipfsToken ?? "");
  context.mask(inputs.rpcUrl ?? "");
  return inputs.mode === "build" ? buildRelease(inputs, context) : applyRelease(inputs, context);
}

async function buildRelease(inputs: Inputs, context: Context): Promise<Report> {
  const { build } = await builder();
  const manifest = await fetchManifest(inputs, context);
  const report = await build({ ...inputs, manifest }, context);
  if (inputs.artifact) {
    const { uploadArtifact } = await artifacts();
    await uploadArtifact(inputs.artifact, inputs.folder, context);
  }
  return report;
}

/** The manifest's file: as it was given, or out of an artifact of this run. */
async function fetchManifest({ manifest }: Inputs, context: Context): Promise<string | undefined> {
  if (!manifest || /[/.]/.test(manifest)) return manifest;
  const { downloadArtifact } = await artifacts();
  await downloadArtifact(manifest, MANIFEST_FOLDER, context);
  return `${MANIFEST_FOLDER}/manifest.json`;
}

async function applyRelease(inputs: Inputs, context: Context): Promise<Report> {
  const admin = need(inputs.admin, "admin", "apply");
  const status = need(inputs.status, "status", "apply");
  const query = need(inputs.query, "query", "apply");
  const ipfs = need(inputs.ipfs, "ipfs", "apply");
  const { artifact, adminToken: token, ...rest } = inputs;
  // An artifact is whoever's: only the digest says that it is the build of this run.
  const digest = artifact ? need(inputs.digest, "digest", "apply") : inputs.digest;
  if (artifact) {
    const { downloadArtifact } = await artifacts();
    await downloadArtifact(artifact, inputs.folder, context);
  }
  const { apply } = await applier();
  return apply({ ...rest, admin, token, status, query, ipfs, digest }, context);
}
