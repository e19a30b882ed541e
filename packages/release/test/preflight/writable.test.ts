import type { Container, Volume } from "../../src/preflight/manifest.ts";
import { Files } from "../../src/preflight/pods/mounts.ts";
import { checkWritable } from "../../src/preflight/start/writable.ts";
import { configMap, configOf } from "./node-files.ts";
import { setOf } from "./sets.ts";

type Parts = {
  node?: Partial<Container>;
  more?: Container["volumeMounts"];
  data?: boolean;
  claim?: Volume["persistentVolumeClaim"];
  log?: string;
  init?: Partial<Container>;
};

const SHUT = { securityContext: { readOnlyRootFilesystem: true } };

function found({ node, more = [], data = false, claim, log, init }: Parts): string[] {
  const volumeMounts = [
    { name: claim ? "kept" : "data", mountPath: "/data", ...(data && { readOnly: true }) },
    { name: "files", mountPath: "/etc/axon" },
    ...more,
  ];
  const run = ["axon", "run", "-c", "/etc/axon/config.toml"];
  const make = ["axon", "init", "-c", "/etc/axon/config.toml", "-s", "/etc/axon/spec.toml"];
  const image = "r/axon:v1";
  const set = setOf("a", {
    pod: {
      containers: [{ name: "axon", image, command: run, volumeMounts, ...node }],
      initContainers: init ? [{ name: "init", image, command: make, volumeMounts, ...init }] : [],
      volumes: [
        { name: "files", configMap: { name: "files" } },
        { name: "logs", emptyDir: {} },
        ...(claim ? [{ name: "kept", persistentVolumeClaim: claim }] : []),
      ],
    },
  });
  const logger = log === undefined ? "" : `[logger]\nlog_path = "${log}"\nlog_to_file = false\n`;
  const config = configOf([], { data: "/data/chain" }) + logger;
  const all = checkWritable(set, new Files([configMap("files", { "config.toml": config })]));
  return all.map(({ code, level, at }) => `${code}${level === "error" ? "" : "?"} ${at.slice(15)}`);
}

const logs = (mountPath: string) => ({ more: [{ name: "logs", mountPath }] });

test.each<[string, Parts, string[]]>([
  ["is a claim", {}, []],
  ["is mounted to be read", { data: true }, ["data-read-only container axon"]],
  [
    "is a claim that may be read",
    { claim: { claimName: "c", readOnly: true } },
    ["data-read-only container axon"],
  ],
  ["is a claim of a name", { claim: { claimName: "c" } }, []],
])("where the data %s", (_, parts, expected) => {
  expect(found(parts)).toEqual(expected);
});

test.each<[string, Parts, string[]]>([
  ["at Axon's own place", {}, []],
  ["at Axon's own place, which is shut", { node: SHUT }, ["logs-read-only? container axon"]],
  ["at Axon's own place, with a volume", { node: SHUT, ...logs("/app/logs") }, []],
  [
    "in a working directory that is shut",
    { node: { ...SHUT, workingDir: "/app" } },
    ["logs-read-only container axon"],
  ],
  ["in a working directory with data", { node: { ...SHUT, workingDir: "/data" } }, []],
  ["where it is shut", { node: SHUT, log: "/var/log/axon" }, ["logs-read-only container axon"]],
  ["on a volume", { node: SHUT, log: "/var/log/axon", ...logs("/var/log") }, []],
  ["beside the data", { node: SHUT, log: "/data/logs" }, []],
  ["beside the configuration", { log: "/etc/axon/logs" }, ["logs-read-only container axon"]],
  ["where something writes it in", { node: SHUT, log: "$LOGS" }, []],
  [
    "where only what comes before is shut",
    { init: SHUT, log: "/logs" },
    ["logs-read-only container init"],
  ],
])("logs %s", (_, parts, expected) => {
  expect(found(parts)).toEqual(expected);
});
