import type { Change } from "../../scripts/release/changes.ts";
import type { History } from "../../scripts/release/history.ts";
import { notes } from "../../scripts/release/notes.ts";
import { readVersion, type Version } from "../../scripts/release/version.ts";

const version = (text: string) => readVersion(text) as Version;

const change = (area: Change["area"], what: string, breaking: boolean): Change => {
  return { area, what, breaking };
};

const history: History = {
  since: version("v1.0.0"),
  changes: [
    change("Permissions", "action deploy: it needs `s3:GetObject` on `bucket`", true),
    change("Outputs", "action deploy: the output `digest` is new", false),
    change("Inputs", "action deploy: the input `mode` is gone", true),
  ],
  runs: ["Modes are gone (abc1234)"],
  beside: ["Words (def5678)"],
};

test("what breaks comes first, then what is new, what changed, and what nobody runs", () => {
  expect(notes(version("v2.0.0"), history)).toBe(`## v2.0.0

Since v1.0.0.

### Breaking

- **Inputs:** action deploy: the input \`mode\` is gone.
- **Permissions:** action deploy: it needs \`s3:GetObject\` on \`bucket\`.

### New

- **Outputs:** action deploy: the output \`digest\` is new.

### What changed

- Modes are gone (abc1234)

<details><summary>Tests, documents and tools</summary>

- Words (def5678)

</details>
`);
});

test("there is no heading above nothing", () => {
  const quiet = { ...history, changes: [], beside: [] };
  expect(notes(version("v1.0.1"), quiet)).toBe(
    "## v1.0.1\n\nSince v1.0.0.\n\n### What changed\n\n- Modes are gone (abc1234)\n",
  );
});

test("the first release has nothing to be compared with", () => {
  expect(notes(version("v0.1.0"), { since: undefined, changes: [], runs: [], beside: [] })).toBe(
    "## v0.1.0\n\nThe first release.\n",
  );
});
