import { policyDocument, type Statement } from "../src/index.ts";

const read: Statement = {
  sid: "Read",
  actions: ["s3:GetObject"],
  resources: ["arn:${partition}:s3:::${bucket}/*"],
  conditions: { StringLike: { "s3:prefix": ["${prefix}/*"] } },
};

const values = { partition: "aws", bucket: "state", prefix: "contracts" };

test("a policy names the resources of its values, in its conditions too", () => {
  expect(policyDocument([read], values)).toEqual({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "Read",
        Effect: "Allow",
        Action: ["s3:GetObject"],
        Resource: ["arn:aws:s3:::state/*"],
        Condition: { StringLike: { "s3:prefix": ["contracts/*"] } },
      },
    ],
  });
});

test.each([undefined, ""])("a placeholder with the value %p is refused, not widened", (prefix) => {
  const incomplete = { ...values, prefix } as Record<string, string>;
  expect(() => policyDocument([read], incomplete)).toThrow("${prefix} of access.yml has no value.");
});
