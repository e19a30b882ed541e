import { parseInputs, variable } from "@playbook/action";
import { schema } from "../src/inputs.ts";

const role = (name: string) => `arn:aws:iam::111122223333:role/axon-${name}`;

const GIVEN = {
  mode: "plan",
  validators: `a=${role("a")}\nb = ${role("b")}  # the second\n`,
  "kms-key": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab",
  region: "eu-west-1",
};

const parse = (over: Record<string, string> = {}) =>
  parseInputs(schema)(
    Object.fromEntries(
      Object.entries({ ...GIVEN, ...over }).map(([name, value]) => [variable(name), value]),
    ),
  );

test("validators are read with their roles, in their order", () => {
  expect(parse()).toMatchObject({
    validators: [
      { name: "a", roleArn: role("a") },
      { name: "b", roleArn: role("b") },
    ],
    prefix: "axon",
    proposeWeight: 1,
    voteWeight: 1,
  });
});

test.each([
  [{ validators: "a" }, '"a" is not name=role.'],
  [{ validators: `A=${role("a")}` }, "is not name=role."],
  [{ validators: "# nobody" }, "names nobody."],
  [{ validators: `a=${role("a")}\na=${role("b")}` }, "a is there twice"],
  [{ validators: `a=${role("a")}\nb=${role("a")}` }, "axon-a is there twice"],
  [{ prefix: "axon/" }, "must be part of a secret's name."],
  [{ "kms-key": "alias/axon" }, "must be the ARN of a KMS key."],
  [{ "vote-weight": "0" }, "must be a whole number from 1 on."],
  [{ "change-role": "a, c" }, '"change-role": c is none of "validators": a, b.'],
  [{ mode: "create" }, "must be plan or apply."],
])("%j is refused", (over, what) => {
  expect(() => parse(over as Record<string, string>)).toThrow(
    expect.objectContaining({ code: "bad-input", what: expect.stringContaining(what) }),
  );
});
