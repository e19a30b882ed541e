import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ActionError } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { type Plan, planDigest, planText, stepsOn } from "@playbook/evm";
import { type Chain, startWorld } from "@playbook/world";
import { makePlan, type PlanInputs, type PlannedRelease } from "../../src/plan/planner.ts";
import { transactionsOf } from "./live.ts";
import { openProduct, type Product } from "./product.ts";
import { SENDER } from "./sender.ts";

const CORE = 'script/Core.s.sol:Core --sig "run(uint256)" 1000';
const ORACLE = "script/Oracle.s.sol:OracleScript";
const AGAIN = `${ORACLE} --sig "again()"`;
const PARTS = [CORE, ORACLE, AGAIN];
const NOTHING = 'script/Bad.s.sol:Bad --sig "nothing()"';

const bad = (call: string, url: string) => `script/Bad.s.sol:Bad --sig "${call}" ${url}`;

let product: Product;
const open = () => startWorld({ chains: [{ id: 5, name: "alpha" }] });
let world: Awaited<ReturnType<typeof open>>;
let alpha: Chain;

beforeAll(async () => {
  [product, world] = await Promise.all([openProduct("vaults"), open()]);
  alpha = world.chains[0];
});

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await product?.[Symbol.asyncDispose]();
});

async function plan(scripts: string[], over: Partial<PlanInputs> = {}): Promise<PlannedRelease> {
  const inputs = await product.inputs([alpha], ...scripts);
  return makePlan({ ...inputs, ...over }, contextForTests(), product.env);
}

async function refusal(scripts: string[], over: Partial<PlanInputs> = {}): Promise<ActionError> {
  return plan(scripts, over).then(
    () => {
      throw new Error("it was planned");
    },
    (error) => error as ActionError,
  );
}

const part = (number: number) => ({
  deployment: { repository: "khalani/vaults", environment: "test", release: "v1", part: number },
});

const nonces = ({ plan }: PlannedRelease) => stepsOn(plan, "alpha").map(({ nonce }) => nonce);

describe("a script with a URL of its own", () => {
  test("is planned while earlier scripts have done nothing on that chain", async () => {
    const own = bad("ownUrl(string)", alpha.url);
    const named = await plan([bad("ownUrl(string)", "alpha")]);
    // Whether the key can pay is asked when it has to.
    await alpha.setBalance(SENDER, 0n);

    const planned = await plan([own]);

    expect(planned.plan.steps).toEqual(named.plan.steps);
  });

  test("is refused when its node knows another nonce of the key", async () => {
    await using other = await open();
    await other.chains[0].setNonce(SENDER, 3);

    expect(await refusal([bad("ownUrl(string)", other.chains[0].url)])).toMatchObject({
      code: "nonce-gap",
      what: "The transaction with nonce 3 on alpha should have nonce 0.",
      why: expect.stringContaining("that node is behind, or the key is in use"),
    });
  });

  test.each(["ownUrl(string)", "readsUrl(string)", "asksUrl(string)"])(
    "is refused when they have, with both ways out: %s",
    async (call) => {
      const error = await refusal([CORE, bad(call, `${alpha.url}/key-of-mine`)]);

      expect(error.code).toBe("fork-passed-by");
      expect(error.what).toContain(`reaches alpha by a URL of its own, at ${hostOf(alpha)}`);
      expect(error.why).toContain("does not see what earlier scripts of this release do on alpha");
      expect(error.message).not.toContain('key-of-mine"');
      expect(error.next).toContain('alpha = "${ALPHA_RPC_URL}"');
      expect(error.next).toContain('matrix: { script: ["1", "2"] }');
      expect(error.next).toContain('stepwise: "${{ matrix.script }}"');
    },
  );

  test("in a configuration file, which is named", async () => {
    const error = await refusal([CORE, "REMOTE=alpha script/Remote.s.sol"], {
      project: await withLiteral(),
    });

    expect(error.code).toBe("fork-passed-by");
    expect(error.why).toContain("config/networks.json:3 holds its URL");
    expect(error.message).not.toContain("key-of-mine");
  });

  test("may use it in a part of its own", async () => {
    const scripts = [NOTHING, "REMOTE=alpha script/Remote.s.sol"];
    const project = await withLiteral();
    const first = await plan(scripts, part(1));
    const before = await resultsOf(first.plan, product.project);

    const second = await plan(scripts, { ...part(2), project, before });

    expect(second.plan.steps.map(({ label }) => label)).toEqual(["new Registry(sender)"]);
  });
});

function hostOf({ url }: Chain): string {
  return new URL(url).host;
}

async function withLiteral(): Promise<string> {
  const project = await product.checkout();
  const file = join(project, "config/networks.json");
  const literal = `"rpcUrl": "${alpha.url}/v2/key-of-mine"`;
  const networks = await readFile(file, "utf8");
  await writeFile(file, networks.replace('"rpcUrl": "alpha"', literal));
  return project;
}

/** What `apply` of a part leaves behind, out of a checkout in which forge has sent it. */
async function resultsOf(done: Plan, checkout: string): Promise<string> {
  const folder = await mkdtemp(join(world.dir, "results-"));
  await writeFile(join(folder, "plan.json"), planText(done));
  for (const { path } of done.files) {
    await cp(join(checkout, path), join(folder, "files", path)).catch(() => {});
  }
  const broadcast = join(checkout, "broadcast");
  await cp(broadcast, join(folder, "broadcast"), { recursive: true }).catch(() => {});
  return folder;
}

test("parts planned one after the other are what forge broadcasts, each on the end of the last", async () => {
  await using own = await open();
  const [chain] = own.chains;
  const checkout = await product.checkout();
  const inputs = await product.inputs([chain], ...PARTS);
  const planned: Plan[] = [];
  let before = inputs.before;
  for (const [index, line] of PARTS.entries()) {
    const asked = { ...inputs, ...part(index + 1), before };
    const { plan: one } = await makePlan(asked, contextForTests(), product.env);
    await product.broadcast(checkout, [chain], line);
    before = await resultsOf(one, checkout);
    planned.push(one);
  }

  const live = await transactionsOf(chain, SENDER);
  const sent = planned.flatMap(({ steps }) =>
    steps.map(({ nonce, to, value, data }) => ({ nonce, to, value, data })),
  );
  expect(sent).toEqual(live.map(({ contract: _, ...made }) => made));
  expect(planned.map(({ stepwise }) => stepwise?.after)).toEqual([
    null,
    ...planned.slice(0, 2).map(planDigest),
  ]);
  expect(planned[1]?.steps.map(({ label }) => label)).toContain("Registry.register(Oracle)");
  // The last one has the files of all, and answers for all contracts.
  const [first, , last] = planned.map(({ rights }) => rights?.contracts ?? []);
  expect(first?.length).toBeGreaterThan(3);
  expect(last).toEqual(expect.arrayContaining(first ?? []));
  expect(planned.at(-1)?.files.map(({ path }) => path)).toEqual([
    "config/core.json",
    "config/settings.json",
  ]);
});

describe("the plan of a part", () => {
  test("shows which of the scripts it is, and that nobody sees the ones after it", async () => {
    const { summary } = await plan(PARTS, part(1));

    expect(summary).toContain("## Contracts: test · v1 · part 1 of 3");
    expect(summary).toContain(`1. \`${CORE}\` ← **this plan**\n2. \`${ORACLE}\`\n`);
    expect(summary).toContain("What the 2 scripts after it will send is not shown");
  });

  test("is refused for a line that is not there", async () => {
    expect(await refusal(PARTS, part(4))).toMatchObject({
      code: "bad-input",
      what: '"stepwise" is 4, and "scripts" has 3 lines.',
    });
  });
});

describe("the second part is not planned", () => {
  let first: PlannedRelease;

  beforeAll(async () => {
    first = await plan(PARTS, part(1));
    expect(nonces(first)).toContain(0);
  });

  async function after(over: Partial<Plan>, scripts = PARTS): Promise<ActionError> {
    const before = await resultsOf({ ...first.plan, ...over }, product.project);
    return refusal(scripts, { ...part(2), before });
  }

  test("without what the first has left behind", async () => {
    const before = join(world.dir, "nothing");
    expect(await refusal(PARTS, { ...part(2), before })).toMatchObject({
      code: "part-missing",
      what: "Part 2 cannot be planned without what part 1 has left behind.",
      next: expect.stringContaining("Let `stepwise: 1` of this release run to its end first"),
    });
  });

  test("on the results of another release, or of another part", async () => {
    const { deployment } = first.plan;
    const other = await after({ deployment: { ...deployment, release: "v0" } });
    expect(other.why).toContain('are of release "v0", not "v1"');

    const stepwise = { scripts: PARTS, after: first.digest };
    const third = await after({ deployment: { ...deployment, part: 3 }, stepwise });
    expect(third.why).toContain("are those of part 3");
  });

  test("while the chain's node does not show what the first has sent", async () => {
    const before = await resultsOf(first.plan, product.project);
    const inputs = { ...(await product.inputs([alpha], ...PARTS)), ...part(2), before };
    const context = contextForTests({ clock: { now: Date.now, sleep: async () => {} } });

    await expect(makePlan(inputs, context, product.env)).rejects.toMatchObject({
      code: "node-behind",
      why: "Its node knows 0 transactions of the key, and 9 are done.",
    });
    expect(context.said).toContain("alpha: its node shows 0 of 9 transactions");
  });

  test("after a whole release of that name", async () => {
    const { part: _, ...deployment } = first.plan.deployment;
    expect(await after({ deployment, stepwise: undefined })).toMatchObject({
      code: "release-divided",
      what: "The release khalani/vaults test v1 was begun as a whole.",
      next: expect.stringContaining("Leave `stepwise` out"),
    });
  });

  test.each([
    ["another", [CORE, AGAIN, AGAIN], `It was "${ORACLE}" and is "${AGAIN}".`],
    ["one more", [...PARTS, AGAIN], `It was not there and is "${AGAIN}".`],
    ["one fewer", PARTS.slice(0, 2), `It was "${AGAIN}" and is not there.`],
  ])("when the scripts have become others: %s", async (_, scripts, why) => {
    expect(await after({}, scripts)).toMatchObject({ code: "scripts-changed", why });
  });
});
