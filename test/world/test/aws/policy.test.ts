import type { PolicyDocument, Statement } from "../../src/aws/policy.ts";
import { policyFault, principalsIn, withoutAction } from "../../src/aws/policy.ts";

const allow = (Action: string | string[]): Statement => ({
  Effect: "Allow",
  Action,
  Resource: "*",
});
const deny = (Action: string): Statement => ({ Effect: "Deny", Action, Resource: "*" });

test.each<[string, Statement[], Statement[] | undefined]>([
  ["from a list", [allow(["kms:Sign", "kms:Verify"])], [allow(["kms:Verify"])]],
  ["with its statement", [allow("kms:Sign"), allow("s3:GetObject")], [allow(["s3:GetObject"])]],
  ["with the whole policy", [allow("kms:Sign")], undefined],
  ["in any case of letters", [allow(["KMS:sign", "kms:Verify"])], [allow(["kms:Verify"])]],
  ["but no denial of it", [allow("kms:Sign"), deny("kms:Sign")], [deny("kms:Sign")]],
])("a permission is taken away %s", (_, before, after) => {
  expect(withoutAction(document(before), "kms:Sign")).toEqual(after && document(after));
});

test.each(["kms:*", "*", "kms:S?gn", "kms:S*"])(
  "a permission by the pattern %s cannot be taken alone",
  (pattern) => {
    expect(() => withoutAction(document([allow(pattern)]), "kms:Sign")).toThrow(pattern);
  },
);

test("a policy names roles and users as principals, not accounts and services", () => {
  const role = "arn:aws:iam::123456789012:role/contracts";
  const Principal = { AWS: [role, "arn:aws:iam::123456789012:root"], Service: "s3.amazonaws.com" };

  expect(principalsIn(document([{ ...allow("s3:*"), Principal }, allow("s3:*")]))).toEqual([role]);
});

test.each([
  ["managed", 6_144],
  ["inline", 10_240],
  ["session", 2_048],
] as const)("a policy that is %s may have %i characters", (kind, limit) => {
  const size = JSON.stringify(document([allow(["kms:"])])).length;
  const filled = (length: number) => document([allow([`kms:${"a".repeat(length - size)}`])]);

  expect(policyFault(filled(limit), kind)).toBeUndefined();
  expect(policyFault(filled(limit + 1), kind)).toContain(`${limit} are allowed`);
});

test.each<[string, object]>([
  ["an effect that is none", { Effect: "Permit", Action: "s3:*", Resource: "*" }],
  ["no resource", { Effect: "Allow", Action: "s3:*" }],
  ["a principal", { Effect: "Allow", Action: "s3:*", Resource: "*", Principal: "*" }],
])("a session policy with %s is refused", (_, statement) => {
  expect(policyFault(document([statement as Statement]), "session")).toBeDefined();
});

function document(Statement: Statement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement };
}
