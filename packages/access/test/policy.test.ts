import { policyDocument, policyFor, type Statement } from "../src/index.ts";

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

describe("the policy of a session", () => {
  const find: Statement = {
    sid: "Find",
    actions: ["eks:DescribeCluster"],
    resources: ["arn:${partition}:eks:${region}:${account}:cluster/${cluster}"],
    conditions: {},
  };
  const resourcesOf = (role: string | undefined, named: Record<string, string | undefined>) =>
    policyFor([read, find], role, named).Statement.map(({ Resource }) => Resource);

  test("is for the role's own account, and for what is named alone", () => {
    const role = "arn:aws-cn:iam::123456789012:role/deployer";

    expect(resourcesOf(role, { region: "cn-north-1", cluster: "khalani", bucket: "" })).toEqual([
      ["arn:aws-cn:eks:cn-north-1:123456789012:cluster/khalani"],
    ]);
    expect(resourcesOf(role, { region: "cn-north-1", cluster: undefined })).toEqual([]);
  });

  test("without a role is for whichever account the credentials are of", () => {
    expect(resourcesOf(undefined, { region: "eu-west-1", cluster: "khalani" })).toEqual([
      ["arn:aws:eks:eu-west-1:*:cluster/khalani"],
    ]);
  });
});
