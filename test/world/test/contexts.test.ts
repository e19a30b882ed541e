import { withContexts } from "../src/runner/contexts.ts";

const contexts = {
  "github.token": "ghs_1",
  "secrets.github_token": "ghs_1",
  "job.workflow_sha": "c0",
};

test.each([
  ["an expression", "${{ github.token }}", "${{ 'ghs_1' }}"],
  ["a part of a text", "x-${{ github.token }}-y", "x-${{ 'ghs_1' }}-y"],
  ["any case", "${{ secrets.GITHUB_TOKEN }}", "${{ 'ghs_1' }}"],
  ["an argument", "${{ format('{0}', github.token) }}", "${{ format('{0}', 'ghs_1') }}"],
])("a context is written out in %s", (_, text, expected) => {
  expect(withContexts({ value: text }, contexts)).toEqual({ value: expected });
});

test("a condition is an expression without braces, too", () => {
  expect(withContexts({ if: "job.workflow_sha == 'c0'" }, contexts)).toEqual({
    if: "'c0' == 'c0'",
  });
});

test.each([
  ["what only begins like one", "${{ github.token_type }}"],
  ["what only ends like one", "${{ inputs.github.token }}"],
  ["what stands outside of expressions", "github.token"],
])("%s is left alone", (_, text) => {
  expect(withContexts([text], contexts)).toEqual([text]);
});
