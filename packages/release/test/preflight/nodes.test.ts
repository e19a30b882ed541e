import { specTextOf } from "../../../axon/test/spec-text.ts";
import { readNodes } from "../../src/preflight/chain/nodes.ts";
import { configMap, configOf, newKeys } from "./node-files.ts";
import { setOf } from "./sets.ts";

const keys = newKeys(5);
const spec = configMap("spec", { "spec.toml": specTextOf(keys) });

/** What is found in the files of one set, of which each pod takes its own. */
function found(configs: readonly string[]) {
  const script =
    "cp /nodes/node-${HOSTNAME##*-}.toml /run/config.toml; exec axon run -c /run/config.toml";
  const volumeMounts = [
    { name: "data", mountPath: "/var/lib/axon" },
    { name: "nodes", mountPath: "/nodes" },
  ];
  const containers = [
    { name: "axon", image: "axon:v1", command: ["sh", "-c", script], volumeMounts },
  ];
  const volumes = [{ name: "nodes", configMap: { name: "nodes" } }];
  const set = setOf("axon", { replicas: configs.length, pod: { containers, volumes } });
  const files = configs.map((text, at) => [`node-${at}.toml`, text] as const);
  const nodes = configMap("nodes", Object.fromEntries(files));
  return readNodes([set], [spec, nodes], [], undefined).findings;
}

const without = (left: number) => configOf(keys, { peers: keys.filter((_, at) => at !== left) });

test("each pod's own file may leave the pod itself out", () => {
  expect(found(keys.map((_, at) => without(at)))).toEqual([]);
});

test("one whom the others' files leave out, too, is told", () => {
  expect(found(keys.map(() => without(4))).map(({ code }) => code)).toEqual(
    keys.map(() => "axon-file"),
  );
});

test("where the data is off the volume by one of them, that file is named", () => {
  const configs = keys.map((_, at) =>
    configOf(keys, at === 3 ? { data: "/var/lib/axon-data" } : {}),
  );

  expect(found(configs)).toMatchObject([
    {
      ...{ code: "data-off-the-volume", level: "warning" },
      why: expect.stringMatching(
        /^By ConfigMap nodes, node-3.toml: Its data_path, .var.lib.axon-data/,
      ),
    },
  ]);
});

test("a file that is filled in before, and is no TOML until then, is not judged", () => {
  const open = configOf(keys).replace(/^\[\[network.bootstraps\]\][^[]*/m, "@BOOTSTRAPS@\n");

  expect(found(keys.map(() => open))).toMatchObject(
    keys.map((_, at) => ({
      ...{ code: "config-unseen", level: "warning", at: `ConfigMap nodes, node-${at}.toml` },
      why: expect.stringContaining("filled in before the node reads it"),
    })),
  );
});

test("the keys of an earlier version are told what has come in their place", () => {
  const early = configOf(keys).replace(/^data_path/m, 'privkey = "0x00"\ndata_path');

  expect(found(keys.map(() => early)).map(({ next }) => next)).toEqual(
    keys.map(() => expect.stringContaining("net_privkey_file")),
  );
});
