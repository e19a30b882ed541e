import { readActions } from "../../scripts/library.ts";
import { calledWorkflow, jobsOf } from "./model.ts";
import { problemsOf } from "./rules.ts";
import {
  ownWorkflows,
  productWorkflows,
  readLibrary,
  readmeBlocks,
  readmeWorkflows,
  releasedWorkflows,
} from "./subjects.ts";

const library = readLibrary();
const released = releasedWorkflows();

const all = [...released, ...ownWorkflows(), ...productWorkflows(), ...readmeWorkflows()];

test.each(all.map((subject) => ({ path: subject.path, subject })))(
  "$path keeps every rule",
  ({ subject }) => {
    expect(problemsOf(subject, library)).toEqual([]);
  },
);

test.each(released.map(({ path, file }) => ({ path, file })))(
  "$path can only be called",
  ({ file }) => {
    expect(Object.keys(file.on)).toEqual(["workflow_call"]);
  },
);

test("each workflow's README has a caller to paste", () => {
  const called = readmeWorkflows().flatMap((subject) => jobsOf(subject).map(calledWorkflow));
  for (const name of library.workflows.keys()) expect(called).toContain(name);
});

test("every block of YAML in the READMEs can be read", () => {
  for (const { value } of readmeBlocks()) expect(value).toBeInstanceOf(Object);
});

test("no action is composite: the model would have to look at its steps", () => {
  expect(readActions().filter(({ file }) => file.runs.using !== "node24")).toEqual([]);
});
