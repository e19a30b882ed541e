import { z } from "zod";
import { duration, flag, list, parseInputs } from "../src/inputs.ts";

const read = parseInputs(
  z.object({
    "rpc-url": z.url(),
    "stall-after": duration.default(90_000),
    strict: flag.default(false),
    chains: list.default([]),
  }),
);

test("inputs arrive under their camel-cased names, with their types", () => {
  const inputs = read({
    "INPUT_RPC-URL": "http://127.0.0.1:1",
    "INPUT_STALL-AFTER": "1h30m",
    INPUT_STRICT: "true",
    INPUT_CHAINS: "one, two # not three\n\nfour",
  });

  expect(inputs).toEqual({
    rpcUrl: "http://127.0.0.1:1",
    stallAfter: 5_400_000,
    strict: true,
    chains: ["one", "two", "four"],
  });
});

test("an empty input is an absent one, as GitHub passes defaults of nothing", () => {
  const inputs = read({ "INPUT_RPC-URL": "http://127.0.0.1:1", "INPUT_STALL-AFTER": " " });

  expect(inputs.stallAfter).toBe(90_000);
});

test.each([
  { says: "a missing input is named", env: {}, what: '"rpc-url" is missing.' },
  {
    says: "a misspelt input is named together with the one that was meant",
    env: { "INPUT_RPC-URL": "http://a", "INPUT_STAL-AFTER": "1s" },
    what: '"stal-after" is no input; did you mean "stall-after"?',
  },
  {
    says: "a stranger is called one",
    env: { "INPUT_RPC-URL": "http://a", INPUT_PASSWORD: "x" },
    what: '"password" is no input.',
  },
  {
    says: "a value of the wrong form shows the right one",
    env: { "INPUT_RPC-URL": "http://a", "INPUT_STALL-AFTER": "soon" },
    what: '"stall-after": "soon" is no duration; write for example 90s, 15m or 5h30m.',
  },
  {
    says: "a flag takes only what YAML calls a boolean",
    env: { "INPUT_RPC-URL": "http://a", INPUT_STRICT: "yes" },
    what: '"strict": must be true or false.',
  },
])("$says", ({ env, what }) => {
  expect(() => read(env as Record<string, string>)).toThrow(
    expect.objectContaining({ code: "bad-input", what }),
  );
});
