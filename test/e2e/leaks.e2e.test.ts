import { join } from "node:path";
import { type Run, type RunOptions, startWorld } from "@playbook/world";
import { makeRepository } from "../world/test/fixtures/repository.ts";
import { localAction } from "./change.ts";
import { type Leak, leaksOf } from "./leaks.ts";

const open = () => startWorld({ aws: {}, github: {} });

/** Anybody may write into it, so that a step needs no client to leave something there. */
const BUCKET = "open-to-all";

let world: Awaited<ReturnType<typeof open>>;
let products = 0;

beforeAll(async () => {
  world = await open();
  const everybody = { Effect: "Allow", Principal: "*", Action: "s3:PutObject" } as const;
  const Statement = [{ ...everybody, Resource: `arn:aws:s3:::${BUCKET}/*` }];
  await world.aws.createBucket(BUCKET, { policy: { Version: "2012-10-17", Statement } });
});
afterAll(() => world?.[Symbol.asyncDispose]());

const cacheClient = new URL("../world/node_modules/@actions/cache/lib/cache.js", import.meta.url);

/** Puts what a debugger would like to see into an artifact and into the cache. */
const KEEP = `
  import { mkdirSync, writeFileSync } from "node:fs";
  import { saveCache } from "${cacheClient}";
  mkdirSync("kept");
  writeFileSync("kept/debug.json", JSON.stringify(process.env));
  await uploadArtifact("debug", "kept", context);
  await saveCache(["kept"], "debug");
`;

/** Starts a job that is given secrets of every kind, and does something with them in one step. */
async function start(script: string, over: Partial<RunOptions> = {}, after = ""): Promise<Run> {
  products += 1;
  const product = join(world.dir, `product-${products}`);
  const workflow = `
on: workflow_dispatch
permissions: {}
jobs:
  careless:
    runs-on: ubuntu-latest
    permissions: { contents: read, id-token: write }
    steps:
      - uses: actions/checkout@v7
      - id: leak
        env:
          TOKEN: \${{ github.token }}
          RPC_URLS: \${{ secrets.RPC_URLS }}
          BUCKET: ${world.aws.url}/${BUCKET}
        run: |
${script.trim().replaceAll(/^/gm, "          ")}
${after}`;
  const files = { ".github/workflows/main.yml": workflow, ...localAction("keep", KEEP) };
  await makeRepository(product, files);
  const secrets = { RPC_URLS: "alpha=https://rpc.example/v2/key-of-alpha" };
  const env = world.aws.environment(world.aws.createUser(`user-${products}`, []));
  return world.runner.run({ product, workflow: "main.yml", secrets, env, ...over });
}

const leaks = (run: Run) => leaksOf({ world, runs: [run] });

const inStep = (step: string, what: string, variable: string): Leak => ({
  what,
  where: `environment of careless, step ${step}: ${variable}`,
});

test("what a step was started with is found where it is not for it, and nothing else is", async () => {
  const run = await start("echo ready");
  expect(await run.finished).toMatchObject({ conclusion: "success" });

  const found = await leaks(run);

  const held = [
    inStep("leak", "access key id", "AWS_ACCESS_KEY_ID"),
    inStep("leak", "secret access key", "AWS_SECRET_ACCESS_KEY"),
    inStep("leak", "request token", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
    inStep("leak", "GitHub token", "TOKEN"),
    inStep("leak", "secret RPC_URLS", "RPC_URLS"),
  ];
  expect(found).toHaveLength(held.length);
  expect(found).toEqual(expect.arrayContaining(held));
});

/** What a step does, and the secret that is found where. */
const PLANTED: [does: string, script: string, what: string, where: RegExp][] = [
  ["echoes one in base64", 'printf %s "x-access-token:$TOKEN" | base64', "GitHub token", /^log$/],
  [
    "echoes one in hexadecimal",
    'printf %s "$AWS_SECRET_ACCESS_KEY" | od -A n -t x1 | tr -d " "',
    "secret access key",
    /^log$/,
  ],
  [
    "names one in an annotation's title",
    'echo "::notice title=$ACTIONS_ID_TOKEN_REQUEST_TOKEN::Look"',
    "request token",
    /^log$/,
  ],
  ["names one in a group's title", 'echo "::group::$AWS_ACCESS_KEY_ID"', "access key id", /^log$/],
  [
    "writes one into the summary",
    'echo "Sent to $RPC_URLS" >> "$GITHUB_STEP_SUMMARY"',
    "secret RPC_URLS",
    /^files of the runner/,
  ],
  [
    "hands one over as an output",
    'echo "key=$AWS_SECRET_ACCESS_KEY" >> "$GITHUB_OUTPUT"',
    "secret access key",
    /^the run's page$/,
  ],
  [
    "passes one on to later steps",
    'echo "PASSED_ON=$TOKEN" >> "$GITHUB_ENV"',
    "GitHub token",
    /^environment of careless, step later: PASSED_ON$/,
  ],
  [
    "writes a URL's key into the work tree",
    'mkdir out && echo "{\\"rpc\\":\\"${RPC_URLS##*/}\\"}" > out/run.json',
    "secret RPC_URLS",
    /^left: .*out\/run\.json$/,
  ],
  ["forgets a temporary file", 'echo "$TOKEN" > "$(mktemp)"', "GitHub token", /^left: .*\/tmp\//],
  [
    "writes one where tools look for it",
    'mkdir -p ~/.aws && echo "aws_access_key_id=$AWS_ACCESS_KEY_ID" > ~/.aws/credentials',
    "access key id",
    /^left: .*home\/\.aws\/credentials$/,
  ],
  [
    "stores one as an object",
    "node -e 'const { TOKEN: body, BUCKET } = process.env; fetch(BUCKET + " +
      '"/state.json", { method: "PUT", body })\'',
    "GitHub token",
    new RegExp(`^s3://${BUCKET}/state.json$`),
  ],
  ["uploads its environment", "", "runtime token", /^artifact debug: debug\.json$/],
  ["caches its environment", "", "runtime token", /^cache$/],
];

describe("a secret is found when a step", () => {
  let found: Leak[];

  beforeAll(async () => {
    const script = PLANTED.map(([, line]) => line).join("\n");
    const after = `
      - id: later
        run: echo later
      - uses: ./tools/keep
`;
    const run = await start(script, {}, after);
    expect(await run.finished).toMatchObject({ conclusion: "success" });
    found = await leaks(run);
  });

  test.each(PLANTED)("%s", (_, __, what, where) => {
    expect(found).toContainEqual({ what, where: expect.stringMatching(where) });
  });
});

test.each(["kill", "cancel"] as const)(
  "a run that ends by %s is searched like any other",
  async (end) => {
    const up = Promise.withResolvers<void>();
    const script = `
echo "$TOKEN" > left.txt
echo "$RPC_URLS" >> "$GITHUB_STEP_SUMMARY"
printf %s "$AWS_SECRET_ACCESS_KEY" | base64
echo up
exec sleep 600
`;
    const run = await start(script, { onLine: ({ text }) => text === "up" && up.resolve() });
    await up.promise;
    await run[end]();

    const found = await leaks(run);

    for (const [what, where] of [
      ["GitHub token", /left\.txt$/],
      ["secret RPC_URLS", /SUMMARY\.md$|^files of the runner/],
      ["secret access key", /^log$/],
      ["request token", /^environment of careless, step leak: ACTIONS_ID_TOKEN_REQUEST_TOKEN$/],
    ] as const) {
      expect(found).toContainEqual({ what, where: expect.stringMatching(where) });
    }
  },
);
