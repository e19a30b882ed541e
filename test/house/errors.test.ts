import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readActions, readWorkflows } from "../../scripts/library.ts";
import { errorsInText, errorsOf } from "../../scripts/sync/errors.ts";
import { root } from "../../scripts/tools.ts";

test("an error's fixed words are read, with dots for what only the run knows", () => {
  const source = `
    const NEXT = "Try again.";
    throw new ActionError("no-luck", { what: \`\${chain} is down.\`, why, next: NEXT });
  `;
  expect(errorsInText(source)).toEqual([
    { code: "no-luck", what: "… is down.", next: "Try again." },
  ]);
});

test("one that is written over some lines is read whole", () => {
  const source = `
    const next = "Try again, " + \`after \${minutes} \` + "minutes.";
    throw new ActionError("no-luck", { what: "It " + "failed.", why, next });
  `;
  expect(errorsInText(source)).toEqual([
    { code: "no-luck", what: "It failed.", next: "Try again, after … minutes." },
  ]);
});

test("of two constants of one name the nearest counts", () => {
  const source = `
    const next = "Far.";
    function fail() {
      const next = "Near.";
      return new ActionError("no-luck", { what: "It failed.", why: "", next });
    }
  `;
  expect(errorsInText(source)).toMatchObject([{ next: "Near." }]);
});

test("a verdict of four parts is an error, another list of four words is none", () => {
  expect(errorsInText('return ["no-solc", "No compiler", why, "Install it."];')).toEqual([
    { code: "no-solc", what: "No compiler: …", next: "Install it." },
  ]);
  expect(errorsInText('const names = ["one", "two", "three", "four"];')).toEqual([]);
});

/** What the tests of the clone say. */
function testTexts(): string {
  const exclude = (name: string) => name === "node_modules" || name === "dist";
  const paths = globSync("{actions,packages,test}/**/*.test.ts", { cwd: root, exclude });
  return paths.map((path) => readFileSync(join(root, path), "utf8")).join("\n");
}

test("every error that a README lists is asserted by some test, by its code", () => {
  const errors = readActions().flatMap(({ folder }) => errorsOf(folder));
  const codes = [...new Set(errors.map(({ code }) => code))];
  const texts = testTexts();
  const asserted = (code: string) => new RegExp(`("|code: )${code}(?![\\w-])`).test(texts);

  expect(codes.length).toBeGreaterThan(100);
  expect(codes.filter((code) => !asserted(code))).toEqual([]);
});

/** What a workflow decides for its callers. */
const DECIDED = ["mode", "folder"];

test.each(["release-ui", "deploy-preview", "release-subgraph", "preview-subgraph"])(
  "what an error of its action tells somebody to set, %s takes",
  (name) => {
    const workflow = readWorkflows().find((one) => one.name === name);
    const { inputs = {}, secrets = {} } = workflow?.file.on.workflow_call ?? {};
    const steps = Object.values(workflow?.file.jobs ?? {}).flatMap((job) => job.steps ?? []);
    const used = readActions().filter((one) =>
      steps.some(({ uses }) => uses?.endsWith(`/actions/${one.name}`)),
    );
    const told = used.flatMap(({ folder, file }) =>
      errorsOf(folder)
        .flatMap(({ next }) => [...next.matchAll(/`([a-z-]+)(: [^`]+)?`/g)])
        .flatMap(([, input = ""]) => (input in file.inputs ? input : [])),
    );

    expect(told.length).toBeGreaterThan(0);
    const known = [...Object.keys(inputs), ...Object.keys(secrets), ...DECIDED];
    expect([...new Set(told)].filter((input) => !known.includes(input))).toEqual([]);
  },
);
