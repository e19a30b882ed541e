import { access } from "../src/format.ts";

const statement = {
  sid: "Read",
  why: "A run reads what the last one stored.",
  actions: ["s3:GetObject"],
  resources: ["arn:${partition}:s3:::${bucket}/*"],
};

const file = {
  system: "contracts",
  parameters: { bucket: { description: "Bucket.", pattern: "^[a-z]+$" } },
  aws: [statement],
  kubernetes: [],
  github: [],
};

test("a file that says what each permission is for is accepted", () => {
  expect(access.safeParse(file).success).toBe(true);
});

test.each([
  { says: "a wildcard in an action", aws: [{ ...statement, actions: ["s3:*"] }] },
  { says: "a permission without a reason", aws: [{ ...statement, why: "" }] },
  { says: "a resource that is any resource", aws: [{ ...statement, resources: ["*"] }] },
  { says: "an unknown placeholder", aws: [{ ...statement, resources: ["${bukket}"] }] },
  { says: "a key that is not in the form", aws: [{ ...statement, effect: "Deny" }] },
])("$says is refused", ({ aws }) => {
  expect(access.safeParse({ ...file, aws }).success).toBe(false);
});

test("statements without a system, whose role nobody could assume, are refused", () => {
  expect(access.safeParse({ ...file, system: undefined }).success).toBe(false);
});
