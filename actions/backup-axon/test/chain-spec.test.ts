import { specTextOf } from "../../../packages/axon/test/spec-text.ts";
import { NODES } from "../../../packages/axon/test/vectors.ts";
import { specIn } from "../src/chain-spec.ts";

const spec = specTextOf(NODES);
const other = specTextOf(NODES, { chainId: 7 });
const mapOf = (name: string, data?: Record<string, string>) => ({
  metadata: { name },
  ...(data && { data }),
});
const config = mapOf("config", { "config.toml": 'data_path = "/data"\n', "run.sh": "axon run\n" });

test.each(["chain-spec.toml", "specs.toml", "genesis"])(
  "a chain spec is one by the name %s",
  (file) => {
    expect(specIn([config, mapOf("files", { [file]: spec })])).toEqual({ spec });
  },
);

test("a chain spec that is there twice is one", () => {
  expect(specIn([mapOf("a", { "spec.toml": spec }), mapOf("b", { "spec.toml": spec })])).toEqual({
    spec,
  });
});

test("of none, and of several that differ, it is said that there is none to tell", () => {
  expect(specIn([config, mapOf("empty")])).toEqual({
    lack: "no file of its ConfigMaps reads as one",
  });
  expect(specIn([mapOf("a", { "spec.toml": spec }), mapOf("b", { old: other })])).toEqual({
    lack: "ConfigMap a, spec.toml and ConfigMap b, old are not the same",
  });
});
