import { changeList, changesBetween } from "../../scripts/release/changes.ts";
import type { Part, Surface } from "../../scripts/release/surface.ts";

const SIGN = "`kms:Sign` on `${keyArn}`";

const part: Part = {
  inputs: {
    mode: { required: true },
    margin: { required: false, default: "130" },
    note: { required: false, type: "string" },
  },
  secrets: { urls: { required: false } },
  outputs: ["digest"],
  permissions: [SIGN, "`contents: read`"],
};

const before: Surface = { parts: { "action deploy": part }, formats: { "playbook.plan": 1 } };

const inputs = (changed: Part["inputs"]) => ({ inputs: { ...part.inputs, ...changed } });

const without = (name: string) => {
  const { [name]: _, ...rest } = part.inputs;
  return { inputs: rest };
};

/** What is changed in the action, and what is said of it. */
type Row = { name: string; part: Partial<Part>; breaking?: string[]; added?: string[] };

const CHANGED: Row[] = [
  { name: "nothing", part: {} },
  { name: "an input goes", part: without("note"), breaking: ["the input `note` is gone"] },
  {
    name: "an input is renamed",
    part: { inputs: { ...without("note").inputs, remark: { required: false, type: "string" } } },
    breaking: ["the input `note` is gone"],
    added: ["the input `remark` is new"],
  },
  {
    name: "an optional input comes",
    part: inputs({ more: { required: false } }),
    added: ["the input `more` is new"],
  },
  {
    name: "a required input comes",
    part: inputs({ more: { required: true } }),
    breaking: ["the input `more` is new and has to be given"],
  },
  {
    name: "a required input with a default comes",
    part: inputs({ more: { required: true, default: "1" } }),
    added: ["the input `more` is new"],
  },
  {
    name: "an input becomes required",
    part: inputs({ note: { required: true, type: "string" } }),
    breaking: ["the input `note` has to be given"],
  },
  {
    name: "an input becomes optional",
    part: inputs({ mode: { required: false, default: "plan" } }),
    added: ["the input `mode` may be left out"],
  },
  {
    name: "a default changes",
    part: inputs({ margin: { required: false, default: "150" } }),
    breaking: ["the input `margin` is `150` when it is left out, and was `130`"],
  },
  {
    name: "an empty default is written down",
    part: inputs({ note: { required: false, type: "string", default: "" } }),
  },
  {
    name: "a type changes",
    part: inputs({ note: { required: false, type: "number" } }),
    breaking: ["the input `note` is a number, and was a string"],
  },
  { name: "a secret goes", part: { secrets: {} }, breaking: ["the secret `urls` is gone"] },
  {
    name: "a secret becomes required",
    part: { secrets: { urls: { required: true } } },
    breaking: ["the secret `urls` has to be given"],
  },
  { name: "an output goes", part: { outputs: [] }, breaking: ["the output `digest` is gone"] },
  {
    name: "an output comes",
    part: { outputs: ["digest", "steps"] },
    added: ["the output `steps` is new"],
  },
  {
    name: "a permission comes",
    part: { permissions: [...part.permissions, "`kms:Decrypt` on `${keyArn}`"] },
    breaking: ["it needs `kms:Decrypt` on `${keyArn}`"],
  },
  {
    name: "a permission goes",
    part: { permissions: [SIGN] },
    added: ["it needs no more `contents: read`"],
  },
  {
    name: "reading becomes writing",
    part: { permissions: [SIGN, "`contents: write`"] },
    breaking: ["it needs `contents: write`"],
    added: ["it needs no more `contents: read`"],
  },
];

test.each(CHANGED)("$name", ({ part: changed, breaking = [], added = [] }) => {
  const after = { ...before, parts: { "action deploy": { ...part, ...changed } } };
  const changes = changesBetween(before, after);
  const said = (isBreaking: boolean) =>
    changes.filter((change) => change.breaking === isBreaking).map(({ what }) => what);
  expect(said(true)).toEqual(breaking.map((what) => `action deploy: ${what}`));
  expect(said(false)).toEqual(added.map((what) => `action deploy: ${what}`));
});

test("writing that becomes reading is no new permission", () => {
  const wrote = { ...part, permissions: ["`contents: write`"] };
  const reads = { ...part, permissions: ["`contents: read`"] };
  const changes = changesBetween(
    { ...before, parts: { it: wrote } },
    { ...before, parts: { it: reads } },
  );
  expect(changes.filter(({ breaking }) => breaking)).toEqual([]);
});

test.each([
  {
    formats: { "playbook.plan": 2 },
    what: "`playbook.plan` has version 2, and had 1",
    breaking: true,
  },
  { formats: {}, what: "`playbook.plan` is written no more", breaking: true },
  {
    formats: { "playbook.plan": 1, "playbook.log": 1 },
    what: "`playbook.log` is new",
    breaking: false,
  },
])("a stored format: $what", ({ formats, what, breaking }) => {
  const changes = changesBetween(before, { ...before, formats } as Surface);
  expect(changes).toEqual([{ area: "Stored formats", what, breaking }]);
});

test.each([
  { one: before, other: { ...before, parts: {} }, what: "action deploy is gone", breaking: true },
  { one: { ...before, parts: {} }, other: before, what: "action deploy is new", breaking: false },
])("$what", ({ one, other, what, breaking }) => {
  expect(changesBetween(one, other)).toEqual([{ area: "Actions and workflows", what, breaking }]);
});

test("as a list, each change says whether it breaks something, and where", () => {
  const after = { parts: {}, formats: { "playbook.plan": 1, "playbook.log": 1 } };
  expect(changeList(changesBetween(before, after))).toBe(
    "- breaking: actions and workflows: action deploy is gone\n" +
      "- new: stored formats: `playbook.log` is new",
  );
});
