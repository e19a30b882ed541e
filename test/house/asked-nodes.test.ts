import { readActions, readWorkflows } from "../../scripts/library.ts";

const SAID = ["rpc-port", "p2p-port", "patience"];

const actions = new Map(readActions().map(({ name, file }) => [name, file.inputs]));

/** Each step that asks a chain's nodes, and each of these inputs that its action has. */
const asking = readWorkflows().flatMap(({ name: workflow, file }) =>
  Object.entries(file.jobs).flatMap(([job, { steps }]) =>
    steps.flatMap(({ uses, with: given }) => {
      const action = actions.get(uses?.replace("$/actions/", "") ?? "") ?? {};
      if (!("rpc-port" in action) || given.mode === "pack") return [];
      const declared = file.on.workflow_call?.inputs ?? {};
      return SAID.filter((input) => input in action).map((input) => ({
        ...{ workflow, job, input, given: given[input] },
        ...{ declared: declared[input], own: action[input] },
      }));
    }),
  ),
);

test.each(asking)(
  "the job $job of $workflow hands $input on",
  ({ input, given, declared, own }) => {
    expect(given).toBe(`\${{ inputs.${input} }}`);
    expect(declared).toMatchObject({ default: own?.default, description: own?.description });
  },
);
