import { readFile } from "node:fs/promises";
import { parse } from "yaml";

type Resource = {
  Type: string;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  Properties: { KeyPolicy?: { Statement: { Action: unknown; Condition?: object }[] } };
};

let resources: Record<string, Resource>;
beforeAll(async () => {
  const text = await readFile(new URL("../template.yml", import.meta.url), "utf8");
  ({ Resources: resources } = parse(text, { logLevel: "silent" }));
});

test("what holds signatures stays when the stack goes, and so does what lets them be read", () => {
  const gone = Object.values(resources).filter(
    (one) => one.DeletionPolicy !== "Retain" || one.UpdateReplacePolicy !== "Retain",
  );
  expect(gone.map(({ Type }) => Type)).toEqual(["AWS::IAM::Role"]);
});

test("a pod may have a digest signed, and nothing else", () => {
  const statements = resources.Key?.Properties.KeyPolicy?.Statement ?? [];
  const signing = statements.filter(({ Action }) => [Action].flat().includes("kms:Sign"));
  expect(signing).toMatchObject([
    {
      Action: "kms:Sign",
      Condition: {
        StringEquals: {
          "kms:SigningAlgorithm": "ECDSA_SHA_256",
          "kms:MessageType": "DIGEST",
        },
      },
    },
  ]);
});
