import { parseWorkflow } from "../../scripts/library.ts";
import type { Kind, Library } from "./model.ts";
import { problemsOf, rules } from "./rules.ts";

const SHA = "3d3c42e5aac5ba805825da76410c181273ba90b1";

/** A workflow that plans without rights and applies with them, as ours do. */
const RELEASED = `
name: Release
on:
  workflow_call:
    inputs:
      target: { description: Target., type: string, required: true }
      count: { description: How many., type: number, default: 1 }
    secrets:
      urls-plan: { description: Endpoints., required: true }
    outputs:
      digest: { description: Digest., value: "\${{ jobs.plan.outputs.digest }}" }
permissions: {}
jobs:
  plan:
    timeout-minutes: 10
    permissions:
      contents: read
    outputs:
      digest: \${{ steps.plan.outputs.digest }}
    steps:
      - uses: actions/checkout@${SHA}
        with:
          persist-credentials: false
      - run: npm ci
      - id: plan
        uses: $/actions/deploy
        with:
          mode: plan
          target: \${{ inputs.target }} \${{ inputs.count }} \${{ secrets.urls-plan }}
  apply:
    needs: plan
    timeout-minutes: 10
    environment: \${{ inputs.target }}
    concurrency:
      group: release-\${{ inputs.target }}
      queue: max
    permissions:
      id-token: write
    steps:
      - uses: $/actions/deploy
        with:
          mode: apply
          target: \${{ needs.plan.outputs.digest }}
`;

const CALLER = `
name: Caller
on: push
jobs:
  release:
    permissions:
      contents: read
      id-token: write
    uses: khalani/playbook/.github/workflows/release.yml@v1
    with:
      target: production
    secrets:
      urls-plan: \${{ secrets.URLS }}
  after:
    needs: release
    permissions: {}
    timeout-minutes: 1
    steps:
      - run: deploy
        env:
          DIGEST: \${{ needs.release.outputs.digest }}
`;

/** A key's ledger is tended by hand: what is checked out is read and not run. */
const LEDGER = `
name: Ledger
on:
  workflow_dispatch:
    inputs:
      mode: { type: choice, options: [abandon, adopt] }
permissions: {}
jobs:
  ledger:
    timeout-minutes: 10
    environment: production
    concurrency:
      group: ledger-\${{ github.ref }}
    permissions:
      contents: read
      id-token: write
    steps:
      - uses: actions/checkout@${SHA}
        with:
          persist-credentials: false
      - uses: khalani/playbook/actions/deploy@v1
        with:
          mode: \${{ inputs.mode }}
          target: production
`;

/** One of this repository, which builds without rights and publishes without code of its own. */
const OWN = `
name: Release
on: workflow_dispatch
permissions: {}
jobs:
  build:
    timeout-minutes: 10
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@${SHA}
        with:
          persist-credentials: false
      - run: npm run release
      - uses: actions/upload-artifact@${SHA}
  publish:
    needs: build
    timeout-minutes: 10
    environment: release
    concurrency:
      group: release-\${{ github.ref }}
    permissions:
      contents: write
    steps:
      - uses: actions/download-artifact@${SHA}
      - env:
          GH_TOKEN: \${{ github.token }}
        run: |
          if [ "$PRERELEASE" = true ]; then
            git push origin "$(git rev-parse v1)"
          else
            git push --atomic \\
              origin v1
          fi
`;

const input = { description: "An input.", required: true };

const library: Library = {
  actions: new Map([
    [
      "deploy",
      {
        file: {
          name: "Deploy",
          description: "Deploys.",
          inputs: { mode: input, target: input },
          outputs: { digest: { description: "Digest." } },
          runs: { using: "node24", steps: [] },
        },
        access: [
          { permission: "id-token", access: "write", when: { input: "mode", is: ["apply"] } },
        ],
      },
    ],
  ]),
  workflows: new Map([["release", parseWorkflow(RELEASED, "release")]]),
};

const problems = (kind: Kind, text: string) =>
  problemsOf({ path: "it", kind, text, file: parseWorkflow(text, "it") }, library);

/** A change of a workflow's text, which has to be there to be changed. */
function changed(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, to);
}

test("a workflow that keeps rights and product code apart has no problem", () => {
  expect(problems("released", RELEASED)).toEqual([]);
});

test("a caller that grants and hands over what is asked has no problem", () => {
  expect(problems("caller", CALLER)).toEqual([]);
});

test("a checkout beside rights that nothing runs from is no problem for its caller", () => {
  expect(problems("caller", LEDGER)).toEqual([]);
});

test("one of our own that builds without rights and publishes by git alone has no problem", () => {
  expect(problems("own", OWN)).toEqual([]);
});

const RELEASED_FLAWS = [
  {
    flaw: "product code beside an OIDC token",
    from: "id-token: write\n    steps:",
    to: "id-token: write\n    steps:\n      - run: npm ci",
    rule: "keepsProductCodeFromRights",
  },
  {
    flaw: "a checkout behind an environment",
    from: "id-token: write\n    steps:",
    to:
      `id-token: write\n    steps:\n      - uses: actions/checkout@${SHA}\n        ` +
      "with: { persist-credentials: false }",
    rule: "keepsProductCodeFromRights",
  },
  {
    flaw: "a secret that product code could read",
    from: "secrets.urls-plan",
    to: "secrets.urls-plan }} ${{ secrets.urls-apply",
    rule: "keepsSecretsFromProductCode",
  },
  {
    flaw: "a token that product code could read",
    from: "secrets.urls-plan",
    to: "secrets.urls-plan }} ${{ github.token",
    rule: "keepsSecretsFromProductCode",
  },
  {
    flaw: "a right that no step needs",
    from: "      id-token: write",
    to: "      id-token: write\n      packages: write",
    rule: "asksWhatActionsNeed",
  },
  {
    flaw: "a right that a step misses",
    from: "      id-token: write",
    to: "      contents: read",
    rule: "asksWhatActionsNeed",
  },
  {
    flaw: "no word about permissions",
    from: `permissions: {}
jobs:
  plan:
    timeout-minutes: 10
    permissions:
      contents: read
`,
    to: "jobs:\n  plan:\n    timeout-minutes: 10\n",
    rule: "statesPermissions",
  },
  { flaw: "no time-out", from: "    timeout-minutes: 10\n", to: "", rule: "endsInTime" },
  {
    flaw: "a group that is the caller's",
    from: "release-${{ inputs.target }}",
    to: "release-${{ github.workflow }}",
    rule: "queuesByTarget",
  },
  {
    flaw: "a group without a literal name",
    from: "release-${{ inputs.target }}",
    to: "${{ inputs.target }}",
    rule: "queuesByTarget",
  },
  { flaw: "a misspelt queue", from: "queue: max", to: "queue: maxx", rule: "queuesByTarget" },
  {
    flaw: "a queue that is also cancelled",
    from: "queue: max",
    to: "queue: max\n      cancel-in-progress: true",
    rule: "queuesByTarget",
  },
  {
    flaw: "an environment that releases do not wait for",
    from: "    concurrency:\n      group: release-${{ inputs.target }}\n      queue: max\n",
    to: "",
    rule: "serialisesEnvironments",
  },
  {
    flaw: "an action of a third party",
    from: "- run: npm ci",
    to: `- uses: acme/tool@${SHA}`,
    rule: "usesOnlyOurs",
  },
  { flaw: "checkout by a tag", from: `checkout@${SHA}`, to: "checkout@v7", rule: "usesOnlyOurs" },
  {
    flaw: "a checkout that leaves its token",
    from: "persist-credentials: false",
    to: "fetch-depth: 1",
    rule: "leavesNoToken",
  },
  {
    flaw: "an expression in a script",
    from: "run: npm ci",
    to: 'run: echo "${{ inputs.target }}"',
    rule: "scriptsAreLiteral",
  },
  { flaw: "a misspelt action", from: "$/actions/deploy", to: "$/actions/deplyo", rule: "stepsFit" },
  { flaw: "a misspelt input", from: "mode: plan", to: "mod: plan", rule: "stepsFit" },
  {
    flaw: "an output that its action does not have",
    from: "steps.plan.outputs.digest",
    to: "steps.plan.outputs.digst",
    rule: "outputsExist",
  },
  {
    flaw: "an output that its job does not have",
    from: "needs.plan.outputs.digest",
    to: "needs.plan.outputs.steps",
    rule: "outputsExist",
  },
  {
    flaw: "an input that nothing reads",
    from: "${{ inputs.count }}",
    to: "",
    rule: "inputsAreUsed",
  },
];

test.each(RELEASED_FLAWS)("$flaw is found in a released workflow", ({ from, to, rule }) => {
  const text = changed(RELEASED, from, to);
  expect(problems("released", text)).toContainEqual(expect.stringContaining(`(${rule})`));
});

const CALLER_FLAWS = [
  {
    flaw: "a permission that a called job asks for",
    from: "      id-token: write\n",
    to: "",
    rule: "grantsWhatCallsAsk",
  },
  {
    flaw: "a required input",
    from: "    with:\n      target: production\n",
    to: "",
    rule: "callsFit",
  },
  { flaw: "a required secret", from: "urls-plan:", to: "urls:", rule: "callsFit" },
  {
    flaw: "the right input",
    from: "target: production",
    to: "traget: production",
    rule: "callsFit",
  },
  {
    flaw: "the right type",
    from: "target: production",
    to: "target: production\n      count: many",
    rule: "callsFit",
  },
  { flaw: "the right workflow", from: "/release.yml", to: "/relase.yml", rule: "callsFit" },
  {
    flaw: "named secrets",
    from: "secrets:\n      urls-plan: ${{ secrets.URLS }}",
    to: "secrets: inherit",
    rule: "callsFit",
  },
  {
    flaw: "an output that there is",
    from: "needs.release.outputs.digest",
    to: "needs.release.outputs.addresses",
    rule: "outputsExist",
  },
];

test.each(CALLER_FLAWS)("a caller without $flaw is found", ({ from, to, rule }) => {
  const text = changed(CALLER, from, to);
  expect(problems("caller", text)).toContainEqual(expect.stringContaining(`(${rule})`));
});

const BESIDE_RIGHTS = [
  {
    flaw: "a script of the checkout",
    from: "- uses: khalani",
    to: "- run: ./x.sh\n      - uses: khalani",
  },
  {
    flaw: "an action of the checkout",
    from: "- uses: khalani",
    to: "- uses: ./x\n      - uses: khalani",
  },
  { flaw: "planning", from: "mode: ${{ inputs.mode }}", to: "mode: plan" },
  { flaw: "planning on demand", from: "[abandon, adopt]", to: "[abandon, plan]" },
  { flaw: "a mode that nobody knows", from: "inputs.mode }}", to: "vars.MODE }}" },
];

test.each(BESIDE_RIGHTS)("$flaw beside rights is found in a caller", ({ from, to }) => {
  const found = problems("caller", changed(LEDGER, from, to));
  expect(found).toContainEqual(expect.stringContaining("(keepsProductCodeFromRights)"));
});

const COMMANDS = [
  "npm run release",
  "bash publish.sh",
  "./publish",
  "git fetch && node publish.mjs",
  'git tag "$(node version.mjs)"',
  "echo `node version.mjs`",
  "git archive v1 | node -",
  "VERSION=v1 npm run release",
  "if npm test; then git push; fi",
  "$PROGRAM",
];

test.each(COMMANDS)("%s beside rights is found in a workflow of our own", (command) => {
  const found = problems(
    "own",
    changed(OWN, "git push --atomic", `${command}\n            git push`),
  );
  expect(found).toContainEqual(expect.stringContaining("(keepsProductCodeFromRights)"));
});

test("a token that a build could read is found in a workflow of our own", () => {
  const text = changed(
    OWN,
    "npm run release",
    'npm run release\n        env: { T: "${{ github.token }}" }',
  );
  const found = problems("own", text);
  expect(found).toContainEqual(expect.stringContaining("(keepsSecretsFromProductCode)"));
});

test("a cache that a workflow of our own restores is found", () => {
  const text = changed(OWN, "actions/download-artifact", "actions/cache");
  expect(problems("own", text)).toContainEqual(expect.stringContaining("(usesOnlyOurs)"));
});

test("every rule has been seen to find something", () => {
  const seen = new Set([...RELEASED_FLAWS, ...CALLER_FLAWS].map(({ rule }) => rule));
  expect([...seen].sort()).toEqual(Object.keys(rules).sort());
});
