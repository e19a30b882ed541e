import { parseInputs } from "@playbook/action";
import { schema } from "../src/inputs.ts";

const GIVEN = {
  ...{ INPUT_MODE: "apply", INPUT_REGION: "eu-central-1", INPUT_NAMESPACE: "axon" },
  ...{ INPUT_RELEASE: "axon", INPUT_BACKUPS: "s3://backups/axon", "INPUT_POD-ROLE": "role" },
};

const partSizeIn = (text: string) =>
  parseInputs(schema)({ ...GIVEN, "INPUT_PART-SIZE": text }).partSize;

test.each(["1", "256", "5120"])("parts may have %s MiB", (text) => {
  expect(partSizeIn(text)).toBe(Number(text));
});

test.each(["0", "5121", "1.5", "-1"])("parts of %s MiB are none that S3 takes", (text) => {
  expect(() => partSizeIn(text)).toThrow(
    expect.objectContaining({ what: expect.stringContaining("part-size") }),
  );
});
