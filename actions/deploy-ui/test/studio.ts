import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Clock, parseInputs, variable } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import {
  type Aws,
  type AwsOptions,
  type GithubJob,
  githubClaims,
  RELEASE_JOB,
  startWorld,
} from "@playbook/world";
import { schema } from "../src/inputs.ts";
import { run } from "../src/run.ts";

const template = new URL("../template.yml", import.meta.url);
const roles = new URL("../../../templates/roles.yml", import.meta.url);

export const WORKFLOW = "khalani/playbook/.github/workflows/release-ui.yml@refs/tags/v1.0.0";

/** The job that the account trusts. */
export const job: GithubJob = {
  ...RELEASE_JOB,
  jobWorkflowRef: WORKFLOW,
  environment: "production",
};

/** Inputs by their names in action.yml; undefined takes one away. */
export type Given = Record<string, string | undefined>;

/** What the templates made for a site. */
type Made = { Bucket: string; Distribution: string; KeyValueStore: string; role: string };

/** Files of a build by their paths. */
export type Build = Record<string, string>;

const parse = parseInputs(schema);

/** A build as bundlers make it: what has changed has another name. */
export function build(version: string, more: Build = {}): Build {
  return {
    "index.html": `<!doctype html><html><head></head><body>${version}</body></html>`,
    "assets/vendor-BCDf1234.js": "export const vendor = 1;",
    [`assets/index-${version.padEnd(8, "0")}.js`]: `export const version = "${version}";`,
    "favicon.ico": "icon",
    ...more,
  };
}

/**
 * An AWS account with a site, made from the library's own templates, and an issuer: all that the
 * action meets. Releases run in this process as a job of GitHub would run them.
 */
export async function openStudio(cloud: Pick<AwsOptions, "backend"> = {}) {
  const world = await startWorld({ aws: cloud });
  const { aws, issuer } = world;
  Object.assign(process.env, { GITHUB_ACTIONS: "true", AWS_ENDPOINT_URL: aws.url });

  const actAs = (over: Partial<GithubJob> = {}) => {
    const { url, token } = issuer.grant(githubClaims({ ...job, ...over }));
    process.env.ACTIONS_ID_TOKEN_REQUEST_URL = url;
    process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN = token;
  };
  actAs();

  const rolesFor = rolesIn(aws);
  /** The role of an environment for a site. */
  const roleFor = async (parameters: Named) => (await rolesFor(parameters)).UiRole ?? "";
  const folderOf = (files: Build) => writeBuild(world.dir, files);
  const siteOf = (made: Made) => siteAt(made, { aws, folderOf });

  let sites = 0;
  /** A site of its own, with a role that may release to it; each with further parameters. */
  const site = async (
    over: Record<string, string> = {},
    parameters: Record<string, string> = {},
  ) => {
    sites += 1;
    const name = `app-${sites}`;
    const text = await readFile(template, "utf8");
    const { outputs } = await aws.deployTemplate(text, { Site: name, ...parameters }, name);
    const { Bucket = "", Distribution = "", KeyValueStore = "" } = outputs;
    const own = { Name: name, UiBucket: Bucket, UiKeyValueStore: KeyValueStore };
    const role = await roleFor({ ...own, ...over });
    return siteOf({ Bucket, Distribution, KeyValueStore, role });
  };

  const files = ({ Bucket }: Pick<Made, "Bucket">) => filesIn(aws, Bucket);
  const told = ({ Bucket }: Pick<Made, "Bucket">) => toldIn(aws, Bucket);
  return { world, aws, issuer, actAs, rolesFor, roleFor, site, siteOf, folderOf, files, told };
}

type Named = Record<string, string> & { Name: string };

/** Makes the roles of an environment, by their names in the template. */
function rolesIn(aws: Aws) {
  let provider: string | undefined;
  return async (parameters: Named) => {
    const { outputs, resources } = await aws.deployTemplate(
      await readFile(roles, "utf8"),
      {
        ...{ Owner: "acme", OwnerId: "42", Repository: "app", RepositoryId: "1001" },
        ...{ Environment: "production", TrustedWorkflows: WORKFLOW },
        ...(provider && { OidcProvider: provider }),
        ...parameters,
      },
      `${parameters.Name}-roles`,
    );
    provider ??= resources.Provider?.id;
    return outputs;
  };
}

type At = { aws: Aws; folderOf(files: Build): Promise<string> };

/** What can be done with a site. */
function siteAt(made: Made, { aws, folderOf }: At) {
  const url = aws.edge.url(made.Distribution);
  const given = (over: Given = {}): Given => ({
    ...{ environment: "production", bucket: made.Bucket, "key-value-store": made.KeyValueStore },
    ...{ role: made.role, region: aws.region, url },
    ...over,
  });
  /** A step of a job, from its inputs on. */
  const step = async (over: Given, clock?: Clock, by = "run 1") => {
    const context = contextForTests(clock ? { clock } : {});
    const inputs = { ...parse(variables(given(over))), commit: null, by };
    return { ...(await run(inputs, context)), context };
  };
  let order = 0;
  const release = async (name: string, files: Build, over: Given = {}, clock?: Clock) => {
    order += 1;
    const folder = await folderOf(files);
    return step({ mode: "apply", release: name, folder, order: String(order), ...over }, clock);
  };
  const rollback = (over: Given = {}, by?: string) =>
    step({ mode: "rollback", ...over }, undefined, by);
  const page = async (path = "/") => {
    const answer = await fetch(url + path);
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  /** Which release the site shows. */
  const shown = async () => {
    const { status, text } = await page();
    return /playbook-release" content="([^"]+)"/.exec(text)?.[1] ?? status;
  };
  return { ...made, url, given, step, release, rollback, page, shown };
}

async function writeBuild(dir: string, files: Build): Promise<string> {
  const folder = await mkdtemp(join(dir, "build-"));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

/** The keys of a bucket's objects, without the log's. */
async function filesIn(aws: Aws, bucket: string): Promise<string[]> {
  const found = (await aws.objects()).map(({ where }) => where.replace(`s3://${bucket}/`, ""));
  return found.filter((key) => !/^(s3:|state\/)/.test(key)).sort();
}

/** What the log of a site tells, as words: `begun v1`, `live v1`. */
async function toldIn(aws: Aws, bucket: string): Promise<string[]> {
  const prefix = `s3://${bucket}/state/log/`;
  const entries = (await aws.objects()).filter(({ where }) => where.startsWith(prefix));
  return entries
    .toSorted((one, other) => (one.where < other.where ? -1 : 1))
    .map(({ bytes }) => JSON.parse(bytes.toString()).event)
    .map(({ kind, release, to, releases }) => `${kind} ${release ?? to ?? releases}`);
}

export type Studio = Awaited<ReturnType<typeof openStudio>>;
export type TestSite = Awaited<ReturnType<Studio["site"]>>;

export function variables(given: Given): Record<string, string> {
  const entries = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [[variable(name), value]],
  );
  return Object.fromEntries(entries);
}
