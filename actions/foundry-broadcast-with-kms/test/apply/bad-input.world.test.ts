import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Plan, planDigest, planText } from "@playbook/evm";
import { launch } from "./job.ts";
import { type Given, type Office, openOffice, type Planned } from "./office.ts";
import { refused as isRefused, type Told } from "./refusal.ts";

let office: Office;
let plan: Planned;

beforeAll(async () => {
  office = await openOffice([{ id: 10012 }, { id: 5 }]);
  // What every first run leaves behind is there: the probe, and the ledger of the key.
  await office.release(await office.plan([]));
});
beforeEach(async () => {
  plan = await office.plan([{ name: "count" }]);
});
afterAll(() => office?.world[Symbol.asyncDispose]());

const refused = (given: Given, told: Told, aside?: string[]) =>
  isRefused(office, given, told, aside);

const text = expect.stringContaining;

describe("inputs that cannot be right", () => {
  const rows: { what: string; over: Given; said: string }[] = [
    {
      what: "a misspelt name",
      over: { "plan-digst": "x" },
      said: '"plan-digst" is no input; did you mean "plan-digest"?',
    },
    { what: "a stranger", over: { password: "hunter2" }, said: '"password" is no input.' },
    {
      what: "no mode",
      over: { mode: undefined },
      said: '"mode": must be plan, apply, abandon or adopt.',
    },
    {
      what: "another mode",
      over: { mode: "aply" },
      said: '"mode": must be plan, apply, abandon or adopt.',
    },
    { what: "no release", over: { release: undefined }, said: '"release" is missing.' },
    { what: "no environment", over: { environment: " " }, said: '"environment" is missing.' },
    { what: "no region", over: { region: undefined }, said: '"region" is missing.' },
    { what: "no key", over: { key: undefined }, said: '"key" is missing.' },
    { what: "no state", over: { state: undefined }, said: '"state" is missing.' },
    {
      what: "a key that is none",
      over: { key: "arn:aws:s3:::bucket" },
      said: '"key": must be a KMS key\'s id, ARN or alias/name.',
    },
    {
      what: "a role by its name",
      over: { role: "contracts" },
      said: '"role": must be the ARN of an IAM role.',
    },
    {
      what: "half a digest",
      over: { "plan-digest": "sha256:abc" },
      said: '"plan-digest": must be sha256: and 64 hex digits.',
    },
    {
      what: "a sender with a wrong checksum",
      over: { sender: "0x52908400098527886E0F7030069857D2E4169Ee7" },
      said: '"sender": is no address',
    },
    { what: "no window", over: { window: "0" }, said: '"window": must be a whole number from 1.' },
    {
      what: "a deadline in words",
      over: { deadline: "soon" },
      said: '"deadline": "soon" is no duration',
    },
    {
      what: "a budget without an amount",
      over: { budget: "chain10012" },
      said: '"budget": has a line that is not `name=value`.',
    },
    {
      what: "a budget in another money",
      over: { budget: "chain10012=5 USD" },
      said: '"5 USD" is no amount for chain10012',
    },
    {
      what: "a budget below nothing",
      over: { budget: "chain10012=-1" },
      said: '"-1" is no amount for chain10012',
    },
    {
      what: "two budgets of one chain",
      over: { budget: "chain10012=1\nchain10012=2" },
      said: '"budget": chain10012 has two budgets.',
    },
    {
      what: "a URL that is a secret without its name",
      over: { "rpc-urls": "https://rpc.example/hunter2" },
      said: '"rpc-urls": has a line that is not `name=value`.',
    },
    {
      what: "a URL that is none",
      over: { "rpc-urls": "chain10012=hunter2" },
      said: '"rpc-urls": the value of chain10012 is no URL',
    },
    {
      what: "a state without a prefix",
      over: { state: "s3://counter-prod-state-123456789012" },
      said: '"state" is s3://counter-prod-state-123456789012.',
    },
    {
      what: "a state of another kind",
      over: { state: "arn:aws:s3:::bucket/prefix" },
      said: '"state" is arn:aws:s3:::bucket/prefix.',
    },
  ];

  test.each(rows)("$what", async ({ over, said }) => {
    await refused(office.given(plan, over), {
      code: "bad-input",
      what: text(said),
      next: expect.stringMatching(/^(Correct the inputs|Add it|Write it as)/),
    });
  });

  test("all of them are told at once", async () => {
    const over = { window: "0", mode: "aply", "plan-digst": "x" };

    await refused(office.given(plan, over), {
      code: "bad-input",
      what: expect.stringMatching(/plan-digst.*mode.*window/),
      next: text("README"),
    });
  });

  test("a budget for a chain that the plan does not have leaves its own without one", async () => {
    await refused(office.given(plan, { budget: "chain1012=0.5" }), {
      code: "bad-input",
      what: '"budget" names chain1012, which the plan does not have.',
      next: text("Write chain10012=…"),
    });
  });
});

describe("a plan that is not the one to be applied", () => {
  const change = async (over: Partial<Plan>): Promise<Planned> => {
    const made = { ...plan.made, ...over };
    await writeFile(join(plan.folder, "plan.json"), planText(made));
    return { ...plan, made, digest: planDigest(made) };
  };

  test("is another than was approved", async () => {
    await refused(office.given(plan, { "plan-digest": `sha256:${"0".repeat(64)}` }), {
      code: "plan-changed",
      what: "The plan is not the one that was approved.",
      next: text("Plan again and approve that plan"),
    });
  });

  test("was changed after it was approved", async () => {
    const [first, ...others] = plan.made.steps;
    if (!first) throw new Error("The plan has a step.");
    const { digest } = plan;
    await change({ steps: [{ ...first, value: 10n ** 18n }, ...others] });

    await refused(office.given(plan, { "plan-digest": digest }), {
      code: "plan-changed",
      what: "The plan is not the one that was approved.",
      next: text("Plan again"),
    });
  });

  test.each([
    { part: "release", over: { release: "another" } },
    { part: "environment", over: { environment: "staging" } },
  ])("is for another $part", async ({ part, over }) => {
    await refused(office.given(plan, over), {
      code: "plan-changed",
      what: `The plan is for another ${part}.`,
      next: text("Plan with the inputs of this run"),
    });
  });

  test("is another repository's", async () => {
    const deployment = { ...plan.made.deployment, repository: "evil/counter" };
    const theirs = await change({ deployment });

    await refused(office.given(theirs), {
      code: "plan-changed",
      what: "The plan is for another repository.",
      next: text("Plan with the inputs of this run"),
    });
  });

  test.each([
    { what: "changed", bytes: "other" },
    { what: "not there", bytes: undefined },
  ])("came with a file of its scripts that is $what", async ({ bytes }) => {
    const digest = `sha256:${"1".repeat(64)}`;
    const own = await change({ files: [{ path: "addresses.json", digest, size: 5 }] });
    await mkdir(join(plan.folder, "files"));
    if (bytes) await writeFile(join(plan.folder, "files", "addresses.json"), bytes);

    await refused(office.given(own), {
      code: "plan-changed",
      what: text("addresses.json is not what was planned."),
      next: text("Plan again"),
    });
  });

  test("names a file outside of its folder", async () => {
    const digest = `sha256:${"1".repeat(64)}`;
    const own = await change({ files: [{ path: "../../../etc/passwd", digest, size: 5 }] });

    await refused(office.given(own), {
      code: expect.stringMatching(/^plan-(changed|unreadable)$/) as never,
      what: expect.any(String),
      next: expect.stringMatching(/[Pp]lan again/),
    });
  });

  test.each([
    {
      what: "of a newer version",
      change: (value: string) => value.replace(/"version":\d+/, '"version":99'),
    },
    { what: "cut off", change: (value: string) => value.slice(0, -20) },
    { what: "something else", change: () => '{"format":"another"}' },
  ])("is $what", async ({ change }) => {
    const path = join(plan.folder, "plan.json");
    await writeFile(path, change(await readFile(path, "utf8")));

    await refused(office.given(plan), {
      code: "plan-unreadable",
      what: "The plan cannot be read.",
      next: text("Use the release of this library that made the plan, or plan again"),
    });
  });

  test("is not there", async () => {
    await refused(office.given(plan, { plan: "/nowhere" }), {
      code: "plan-missing",
      what: "There is no plan in /nowhere.",
      next: text("`mode: plan`"),
    });
  });

  test("is none, and there is nothing to continue", async () => {
    await refused(office.given(plan, { "plan-digest": undefined }), {
      code: "nothing-to-continue",
      what: "There is no plan to apply.",
      next: text("give the plan's digest"),
    });
  });

  test("could not be made, which is quoted", async () => {
    const said = { "plan-error": "It does not compile.\n  why:  A typo." };
    await refused(office.given(plan, { "plan-digest": undefined, ...said }), {
      code: "nothing-to-continue",
      what: "There is no plan to apply.",
      why: text("Planning failed:\n    It does not compile.\n      why:  A typo."),
      next: text("mend what it says and run all jobs again"),
    });
  });

  test("could not be made, and says what would be a command or Markdown of its own", async () => {
    const evil =
      "::set-output name=a::b\r::error::c\n```\n<img src=x>\r# Done\n::add-mask::d\u001b[2J";
    const given = office.given(plan, { "plan-digest": undefined, "plan-error": evil });

    const { output, summary } = await (await launch(office, given)).ended;

    const commands = output.match(/^\s*::(set-output|error|add-mask::d$).*/gm);
    expect(commands).toEqual([
      expect.stringMatching(/^::error title=There is no plan to apply\.::There is/),
    ]);
    expect(output).not.toContain("\u001b");
    const fenced = ["::set-output name=a::b::error::c", "'''", "<img src=x># Done"];
    expect(summary).toContain(["```text", ...fenced.map((line) => `    ${line}`)].join("\n> "));
    expect(summary.trimEnd().split(/[\r\n]/)).not.toContainEqual(expect.stringMatching(/^[^>]/));
  });
});
