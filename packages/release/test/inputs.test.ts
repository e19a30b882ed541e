import { parseInputs, variable } from "@playbook/action";
import { z } from "zod";
import { releaseInputs } from "../src/inputs.ts";

const parse = parseInputs(z.object(releaseInputs));
const needed = { namespace: "axon", release: "axon" };
const read = (given: Record<string, string> = {}) =>
  parse(
    Object.fromEntries(
      Object.entries({ ...needed, ...given }).map(([name, value]) => [variable(name), value]),
    ),
  );

const KEY = `0x03${"1D".repeat(32)}`;

test("what is not given has its default", () => {
  expect(read()).toMatchObject({
    ...{ values: [], set: {}, helm: "helm", rpcPort: 8000, minValidators: 5 },
    ...{ publicKeys: new Map(), holdValues: undefined, data: undefined },
    ...{ patience: 600_000, validatorTimeout: 900_000, deadline: 10_800_000 },
  });
});

test("values are YAML, and files of them one a line", () => {
  const { set, values } = read({ set: "image: {tag: v0.3.2}", values: "a.yaml\nb.yaml" });

  expect(set).toEqual({ image: { tag: "v0.3.2" } });
  expect(values).toEqual(["a.yaml", "b.yaml"]);
});

test("public keys are found by their pods, in small letters as the chain has them", () => {
  const { publicKeys } = read({ "public-keys": `axon-0 = ${KEY}\naxon-1: ${KEY}` });

  expect([...publicKeys]).toEqual([
    ["axon-0", KEY.toLowerCase()],
    ["axon-1", KEY.toLowerCase()],
  ]);
});

test.each([
  ["namespace", "Axon", "a name of Kubernetes"],
  ["release", "a".repeat(54), "at most 53 long"],
  ["set", "- one", "must be a YAML mapping"],
  ["set", "image: {tag", "must be a YAML mapping"],
  ["hold-values", "yes", "must be a YAML mapping"],
  ["public-keys", `axon-0 = ${KEY.slice(0, -2)}`, "is no `pod = public key`"],
  ["public-keys", KEY, "is no `pod = public key`"],
  ["min-validators", "four", "must be a whole number"],
  ["rpc-port", "-1", "must be a whole number"],
  ["deadline", "soon", "is no duration"],
])("%s: %s is refused", (name, value, words) => {
  expect(() => read({ [name]: value })).toThrow(
    expect.objectContaining({ code: "bad-input", message: expect.stringContaining(words) }),
  );
});
