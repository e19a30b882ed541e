import { parseInputs, variable } from "@playbook/action";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { schema } from "../src/inputs.ts";

const GIVEN = {
  ...{ mode: "plan", region: "eu-central-1", namespace: "axon", release: "axon" },
  ...{ backups: "s3://backups/axon", "pod-role": "arn:aws:iam::111122223333:role/restore-pod" },
};

const validatorsIn = (text: string) => {
  const given = Object.entries({ ...GIVEN, "old-validators": text });
  const env = Object.fromEntries(given.map(([name, value]) => [variable(name), value]));
  return parseInputs(schema)(env).oldValidators;
};

test("labels of the old validators are read as they are written", () => {
  const word = fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,10}[a-z0-9])?$/);
  const name = fc.oneof(
    word,
    fc.tuple(word, word).map(([prefix, own]) => `${prefix}/${own}`),
  );
  fc.assert(
    fc.property(fc.dictionary(name, word, { minKeys: 1, maxKeys: 4 }), (labels) => {
      const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
      expect(validatorsIn(pairs.join(", "))).toEqual(labels);
    }),
    chance(),
  );
  expect(validatorsIn("")).toBeUndefined();
});

test.each([
  "axon",
  "app=",
  "=axon",
  "app==axon",
  "app!=axon",
  "app in (axon)",
  "app=axon,tier",
  "app=axon=two",
  ",",
  "# nothing",
])("%j is refused: read wrongly, it would shut what is somebody else's", (text) => {
  expect(() => validatorsIn(text)).toThrow(
    expect.objectContaining({
      code: "bad-input",
      what: expect.stringContaining("old-validators"),
    }),
  );
});
