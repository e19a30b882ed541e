import { specTextOf } from "../../../axon/test/spec-text.ts";
import { checkUsedKeys } from "../../src/preflight/keys/used-keys.ts";
import type { Manifest, Volume } from "../../src/preflight/manifest.ts";
import { found } from "./chain.ts";
import { configMap, configOf, newKeys } from "./node-files.ts";
import { setOf } from "./sets.ts";

const keys = newKeys(4);
const idOf = (at: number) => (keys[at]?.publicKey ?? "").toLowerCase();

const FOLDER = "/var/run/axon/keys";
const CONFIG = { name: "config", configMap: { name: "config" } };

/** A validator that reads its keys from a volume, as its configuration says. */
function nodeOf(at: number, volume: Omit<Volume, "name">) {
  const volumeMounts = [
    { name: "data", mountPath: "/var/lib/axon" },
    { name: "config", mountPath: "/etc/axon" },
    { name: "keys", mountPath: FOLDER },
  ];
  const command = ["/app/axon", "run", "-c", "/etc/axon/config.toml"];
  const containers = [{ name: "axon", image: "axon:v0.3.1", command, volumeMounts }];
  const set = setOf(`axon-${at}`, {
    pod: { containers, volumes: [CONFIG, { name: "keys", ...volume }] },
  });
  return { ...set, metadata: { ...set.metadata, annotations: { "axon/public-key": idOf(at) } } };
}

type Bytes = "net" | "bls";
const base64 = (at: number, which: Bytes) =>
  Buffer.from(keys[at]?.[which] ?? []).toString("base64");
const config = configMap("config", { "config.toml": configOf(keys, { keys: `${FOLDER}/` }) });
const spec = configMap("spec", { "specs.toml": specTextOf(keys.slice(0, 2)) });

/** All keys in one object, of which each pod mounts two. */
function allIn(kind: "Secret" | "ConfigMap"): Manifest {
  const files = keys.flatMap((_, at) => [
    [`net-${at}`, base64(at, "net")] as const,
    [`bls-${at}`, base64(at, "bls")] as const,
  ]);
  const field = kind === "Secret" ? "data" : "binaryData";
  return { kind, metadata: { name: "all" }, [field]: Object.fromEntries(files) };
}

function of(net: number, bls = net) {
  const items = [
    { key: `net-${net}`, path: "net.key" },
    { key: `bls-${bls}`, path: "bls.key" },
  ];
  return {
    Secret: { secret: { secretName: "all", items } },
    ConfigMap: { configMap: { name: "all", items } },
  };
}

describe.each(["Secret", "ConfigMap"] as const)("a key file that is in a %s", (kind) => {
  const toldOf = (...nodes: ReturnType<typeof nodeOf>[]) => {
    const after = nodes.map(({ metadata }) => ({
      ...{
        pod: `${metadata.name}-0`,
        set: metadata.name,
        id: metadata.annotations["axon/public-key"],
      },
    }));
    const manifests = [...nodes, config, spec, allIn(kind)];
    return checkUsedKeys(after, { manifests, sets: nodes }).map(({ at, why }) => `${at}: ${why}`);
  };
  const node = (at: number, net: number, bls = net) => nodeOf(at, of(net, bls)[kind]);

  test("is its own validator's", () => {
    expect(toldOf(node(0, 0), node(1, 1))).toEqual([]);
  });

  test("is not another pod's, nor nobody's", () => {
    expect(toldOf(node(0, 1), node(1, 3))).toEqual([
      expect.stringMatching(/^axon-0-0: .*net_privkey_file is .* all, net-1: .*is axon-1-0's/),
      expect.stringMatching(/^axon-0-0: .*bls_privkey_file/),
      expect.stringMatching(/^axon-1-0: .*net-3: the key there is that of 0x\w+…, which no pod/),
      expect.stringMatching(/^axon-1-0: .*bls_privkey_file/),
    ]);
  });

  test("has the BLS key that the chain spec names, where it names one", () => {
    expect(toldOf(node(0, 0, 1))).toEqual([
      expect.stringMatching(/^axon-0-0: .*bls-1: the chain spec names another BLS key/),
    ]);
    expect(toldOf(node(2, 2, 3))).toEqual([]);
  });
});

test("what is told of a file is not told of its Secret once more", () => {
  const rendered = [nodeOf(0, of(1).Secret), nodeOf(1, of(0).Secret)];

  const told = found({ rendered, more: [config, allIn("Secret")] });

  expect(told.map(({ code, at }) => `${code} ${at}`)).toEqual([
    "key-of-another axon-0-0",
    "key-of-another axon-1-0",
  ]);
});
