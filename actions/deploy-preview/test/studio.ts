import { readFile } from "node:fs/promises";
import "@aws-sdk/signature-v4a";
import {
  CloudFrontKeyValueStoreClient,
  DescribeKeyValueStoreCommand,
  PutKeyCommand,
} from "@aws-sdk/client-cloudfront-keyvaluestore";
import type { Turn } from "@playbook/action";
import { type Clock, parseInputs } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import {
  type GithubJob,
  type Permissions,
  type Pull,
  startGithub,
  startResults,
} from "@playbook/world";
import {
  type Build,
  type Given,
  openStudio,
  type Studio,
  variables,
} from "../../deploy-ui/test/studio.ts";
import { schema } from "../src/inputs.ts";

export { build } from "../../deploy-ui/test/studio.ts";

export const REPOSITORY = "acme/app";

const template = new URL("../../deploy-ui/template.yml", import.meta.url);
export const WORKFLOW = "khalani/playbook/.github/workflows/deploy-preview.yml@refs/tags/v1.0.0";
const CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/12345678";
const RIGHTS: Permissions = { actions: "read", "pull-requests": "write", deployments: "write" };

const parse = parseInputs(schema);

/** A clock on which waiting takes no time. */
export const impatient: Clock = { now: () => Date.now(), sleep: async () => {} };

/** The site of production with a role of its own, the stack of previews with theirs, and GitHub. */
export async function openPreviews() {
  const studio = await openStudio();
  const results = await startResults();
  const github = await startGithub({ results });
  // Octokit reads it once, as it is loaded.
  process.env.GITHUB_API_URL = github.url;
  const { run } = await import("../src/run.ts");

  const { aws } = studio;
  const site = await makeSite(studio);
  const { Bucket, KeyValueStore } = site;
  const asPreview = (over: Partial<GithubJob> = { jobWorkflowRef: WORKFLOW }) =>
    studio.actAs({ environment: "preview", ...over });
  /** Inputs by their names in action.yml, with what all steps have in common. */
  const givenTo = (over: Given): Given => ({
    ...{ bucket: Bucket, "key-value-store": KeyValueStore, role: site.role, region: aws.region },
    ...{ url: site.address("{preview}"), "production-url": site.production.url },
    token: github.token(RIGHTS, REPOSITORY),
    ...over,
  });

  let runs = 1_000;
  /** A step of a job, from its inputs on; each is of a run of its own. */
  const step = async (over: Given, { turn, clock, job }: Step = {}) => {
    asPreview(job);
    runs += 1;
    const context = contextForTests(clock ? { clock } : {});
    const inputs = {
      ...parse(variables(givenTo(over))),
      ...{ repository: REPOSITORY, server: "https://github.com" },
      turn: turn ?? { run: runs, attempt: 1 },
    };
    return { ...(await run(inputs, context)), context };
  };
  /** What a trusted run does after a build of the pull request. */
  const deploy = async (pull: Pull, files: Build, over: Given = {}, more: Step = {}) => {
    const folder = await studio.folderOf(files);
    return step({ mode: "deploy", folder, ...eventOf(pull), ...over }, more);
  };
  const remove = (pull: Pull, more?: Step) =>
    step({ mode: "remove", "pull-request": String(pull.number) }, more);

  const end = async () => {
    await github[Symbol.asyncDispose]();
    await results[Symbol.asyncDispose]();
    await studio.world[Symbol.asyncDispose]();
  };
  const acts = { asPreview, givenTo, eventOf, step, deploy, remove, end };
  return { studio, aws, github, ...site, ...pullsAt(github), ...shownBy(studio, site), ...acts };
}

/** The stack of previews, a role for it, and the site of production that it is kept apart from. */
async function makeSite({ aws, site, rolesFor }: Studio) {
  const production = await site();
  const hosts = { DomainName: "*.previews.localhost", CertificateArn: CERTIFICATE };
  const { outputs } = await aws.deployTemplate(
    await readFile(template, "utf8"),
    { Site: "app-previews", Serves: "previews", ...hosts },
    "app-previews",
  );
  const { Bucket = "", Distribution = "", KeyValueStore = "" } = outputs;
  const { PreviewRole: role = "" } = await rolesFor({
    ...{ Name: "app-previews", Environment: "preview", TrustedWorkflows: WORKFLOW },
    ...{ PreviewBucket: Bucket, PreviewKeyValueStore: KeyValueStore },
    PreviewProduction: production.Bucket,
  });
  const { port } = new URL(aws.edge.url(Distribution));
  const address = (name: string) => `http://${name}.previews.localhost:${port}`;
  return { production, role, Bucket, Distribution, KeyValueStore, address };
}

/** What the event of a build tells of its pull request. */
function eventOf({ head }: Pull) {
  const [owner] = head.repository.split("/");
  return { head: `${owner}:${head.branch}`, "head-sha": head.sha };
}

/** Pull requests, and what is on them. */
function pullsAt(github: Awaited<ReturnType<typeof startGithub>>) {
  const open = (branch: string, from = REPOSITORY): Pull => {
    const head = { repository: from, branch, sha: "a".repeat(40) };
    return github.openPull(REPOSITORY, { head });
  };
  const { comments, deployments } = github.repository(REPOSITORY);
  const commentsOn = ({ number }: Pull) =>
    comments.filter(({ issue }) => issue === number).map(({ body }) => body);
  const deploymentsOf = ({ number }: Pull) =>
    deployments.filter(({ task }) => task === `preview:app-previews-site:pr-${number}`);
  return { open, commentsOn, deploymentsOf };
}

/** What there is of previews, and what nobody should do to it. */
function shownBy(
  { aws, files: filesIn }: Studio,
  { Bucket, KeyValueStore, address }: Awaited<ReturnType<typeof makeSite>>,
) {
  const page = async ({ number }: Pick<Pull, "number">, path = "/") => {
    const answer = await fetch(address(`pr-${number}`) + path);
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  /** The keys of the objects of one pull request's previews. */
  const files = async ({ number }: { number: number }) =>
    (await filesIn({ Bucket })).filter((key) => key.startsWith(`releases/pr-${number}-`));
  /** Writes to the store as nobody should. */
  const putKey = async (key: string, value: string) => {
    const stores = new CloudFrontKeyValueStoreClient(aws.storeConfig());
    const store = { KvsARN: KeyValueStore };
    const { ETag } = await stores.send(new DescribeKeyValueStoreCommand(store));
    const written = { ...store, Key: key, Value: value, IfMatch: ETag };
    await stores.send(new PutKeyCommand(written));
  };
  return { page, files, putKey };
}

type Step = { turn?: Turn; clock?: Clock; job?: Partial<GithubJob> };

export type Previews = Awaited<ReturnType<typeof openPreviews>>;
