import { checkKeysAreThere } from "../../src/preflight/keys/absent-keys.ts";
import { checkKeyFiles, keysOf } from "../../src/preflight/keys/held-keys.ts";
import { Stores } from "../../src/preflight/keys/stores.ts";
import type { Container, Manifest, PodSpec, Volume } from "../../src/preflight/manifest.ts";
import { Files } from "../../src/preflight/pods/mounts.ts";
import { workloadOf } from "../../src/preflight/pods/workload.ts";
import { configMap, configOf } from "./node-files.ts";
import { setOf } from "./sets.ts";

type Parts = {
  /** Where the key files are, as the configuration says it. */
  keys?: string;
  node?: Partial<Container>;
  mounts?: Container["volumeMounts"];
  volumes?: Volume[];
  pod?: Partial<PodSpec>;
  notes?: Record<string, string>;
  objects?: Manifest[];
};

const FILES: Volume = { name: "files", configMap: { name: "files" } };

function setAndFiles({ keys = "", node, mounts = [], volumes = [], ...rest }: Parts) {
  const command = ["axon", "run", "-c", "/etc/axon/config.toml"];
  const volumeMounts = [
    { name: "data", mountPath: "/data" },
    { name: "files", mountPath: "/etc/axon" },
    ...mounts,
  ];
  const set = setOf("a", {
    pod: {
      containers: [{ name: "axon", image: "r/axon:v1", command, volumeMounts, ...node }],
      volumes: volumes.some(({ name }) => name === "files") ? volumes : [FILES, ...volumes],
      ...rest.pod,
    },
  });
  set.spec.template.metadata = { ...set.spec.template.metadata, annotations: rest.notes ?? {} };
  const config = configMap("files", { "config.toml": configOf([], { data: "/data", keys }) });
  return { set, files: new Files([config, ...(rest.objects ?? [])]) };
}

function found(parts: Parts): string[] {
  const { set, files } = setAndFiles(parts);
  return checkKeysAreThere(set, files).map(
    ({ code, level, at }) => `${code}${level === "error" ? "" : "?"} ${at}`,
  );
}

const of = (level: string) =>
  ["net", "bls"].map((key) => `key-file-missing${level} StatefulSet a, ${key}_privkey_file`);
const [MISSING, PERHAPS] = [of(""), of("?")];

const run = (script: string) => ({ node: { command: ["sh", "-c", script] } });
const START = "exec axon run -c /etc/axon/config.toml";

const projected = (...sources: NonNullable<Volume["projected"]>["sources"] & object): Volume => ({
  ...{ name: "files", projected: { sources } },
});
const secret = (items?: { key: string; path: string }[]): Volume => ({
  ...{ name: "keys", secret: { secretName: "keys", ...(items && { items }) } },
});
const mountedAt = (mountPath: string) => [{ name: "keys", mountPath }];
const KEYS = mountedAt("/keys");

test.each<[string, Parts, string[]]>([
  ["beside the configuration, whose ConfigMap has none", {}, MISSING],
  [
    "beside it, in a Secret of the same folder",
    { volumes: [projected({ configMap: { name: "files" } }, { secret: { name: "keys" } })] },
    [],
  ],
  [
    "beside it, in another ConfigMap of the same folder that has none",
    {
      volumes: [projected({ configMap: { name: "files" } }, { configMap: { name: "more" } })],
      objects: [configMap("more", { "spec.toml": "" })],
    },
    MISSING,
  ],
  [
    "beside it, in a ConfigMap that nobody sees",
    { volumes: [projected({ configMap: { name: "files" } }, { configMap: { name: "more" } })] },
    [],
  ],
  [
    "beside it, each mounted by itself",
    {
      mounts: ["net.key", "bls.key"].map((subPath) => ({
        ...{ name: "keys", mountPath: `/etc/axon/${subPath}`, subPath },
      })),
      volumes: [secret()],
    },
    [],
  ],
  ["in a Secret", { keys: "/keys/", mounts: KEYS, volumes: [secret()] }, []],
  [
    "in a Secret of which other files are mounted",
    { keys: "/keys/", mounts: KEYS, volumes: [secret([{ key: "net.key", path: "net" }])] },
    MISSING,
  ],
  [
    "on a volume that is filled before",
    { keys: "/keys/", mounts: KEYS, volumes: [{ name: "keys", emptyDir: {} }] },
    [],
  ],
  [
    "on a volume of some driver",
    { keys: "/keys/", mounts: KEYS, volumes: [{ name: "keys", csi: { driver: "d" } }] },
    [],
  ],
  ["on the node's own volume", { keys: "/data/keys/" }, []],
  [
    "in another one of each pod",
    {
      ...{ keys: "/keys/", volumes: [{ name: "keys", configMap: { name: "files" } }] },
      mounts: [{ name: "keys", mountPath: "/keys", subPathExpr: "$(POD)" }],
    },
    [],
  ],
  ["where something writes it in", { keys: "${KEYS}/" }, []],
])("key files %s", (_, parts, expected) => {
  expect(found(parts)).toEqual(expected);
});

describe("key files where no volume is", () => {
  const there = (parts: Parts) => found({ keys: "/keys/", ...parts });

  test.each<[string, Parts]>([
    ["are perhaps the image's", {}],
    [
      "are perhaps the image's, with a script that does something else",
      run(`ulimit -n 9\n${START}`),
    ],
    ["are perhaps the image's, with volumes elsewhere", { mounts: mountedAt("/k") }],
  ])("%s, of which is warned", (_, parts) => {
    expect(there(parts)).toEqual(PERHAPS);
  });

  test.each<[string, Parts]>([
    ["a script writes them", run(`vault read k > /keys/net.key\n${START}`)],
    ["a script fills their folder", run(`aws s3 sync s3://k /keys\n${START}`)],
    [
      "a variable names their folder",
      { node: { ...run(`fetch\n${START}`).node, env: [{ name: "KEYS", value: "/keys" }] } },
    ],
    ["a program of somebody's own is run before", run(`/opt/fetch\n${START}`)],
    ["the script is not in the release", { node: { command: ["sh", "/opt/start.sh"] } }],
    ["the image begins as it likes", { node: { command: [], args: ["run"] } }],
    ["something else begins", { node: { command: ["/opt/start", "-c", "/etc/axon/config.toml"] } }],
    ["something is done once it has started", { node: { lifecycle: { postStart: {} } } }],
    ["a store's agent comes in", { notes: { "vault.hashicorp.com/agent-inject": "true" } }],
    ["a program of the image begins", { node: { command: ["start-node"] } }],
    ["the folder has another name", { keys: "/var/run/k/", mounts: mountedAt("/run/k") }],
  ])("may be there where %s", (_, parts) => {
    expect(there(parts)).toEqual([]);
  });
});

test("a key file that is not there is in the open nowhere, and nobody's own", () => {
  const { set, files } = setAndFiles({});
  const workload = workloadOf(set);

  expect(checkKeyFiles(set, files)).toEqual([]);
  expect(workload && keysOf(workload, { files, stores: new Stores([]) })).toEqual([]);
  expect(checkKeysAreThere(set, files)[0]?.why).toContain("no such file in ConfigMap files");
});
