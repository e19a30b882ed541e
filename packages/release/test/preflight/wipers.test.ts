import type { Manifest } from "../../src/preflight/manifest.ts";
import { Files } from "../../src/preflight/pods/mounts.ts";
import { checkWipers } from "../../src/preflight/start/wipers.ts";
import { setOf } from "./sets.ts";

type Parts = {
  kind?: string;
  script: string;
  claim?: string;
  mount?: { mountPath: string; subPath?: string };
  hook?: string;
};

function found({ kind = "Job", script, claim = "data-axon-0-0", mount, hook }: Parts): string[] {
  const volumeMounts = [{ name: "d", mountPath: "/d", ...mount }];
  const pod = {
    containers: [{ name: "clean", image: "busybox", command: ["sh", "-c", script], volumeMounts }],
    volumes: [{ name: "d", persistentVolumeClaim: { claimName: claim } }],
  };
  const job = { template: { spec: pod } };
  const beside: Manifest = {
    kind,
    metadata: { name: "clean", ...(hook && { annotations: { "helm.sh/hook": hook } }) },
    spec: kind === "CronJob" ? { jobTemplate: { spec: job } } : job,
  };
  const sets = ["axon-0", "axon-1"].map((name) => setOf(name));
  const seen = { files: new Files([]), dataPathOf: () => "/var/lib/axon/chain" };
  return checkWipers([beside, ...sets], sets, seen).map(({ level, at }) =>
    level === "error" ? at : `${at}?`,
  );
}

test.each<[string, Parts, string[]]>([
  ["a Job", { script: "rm -rf /d/*" }, ["Job clean"]],
  ["a CronJob", { kind: "CronJob", script: "rm -rf /d/chain/rocksdb" }, ["CronJob clean"]],
  ["a hook", { script: "find /d -mindepth 1 -delete", hook: "pre-upgrade" }, ["Job clean"]],
  ["who asks first", { script: '[ "$RESET" = 1 ] && rm -rf /d/chain' }, ["Job clean?"]],
  [
    "who has a part",
    { script: "rm -rf /c", mount: { mountPath: "/c", subPath: "chain" } },
    ["Job clean"],
  ],
  ["a program", { script: "python3 -c 'rmtree(\"/d/chain\")'" }, ["Job clean?"]],
  ["an uninstall's hook", { script: "rm -rf /d/*", hook: "post-delete" }, []],
  ["logs", { script: "rm -rf /d/chain/logs /d/other" }, []],
  ["another claim", { script: "rm -rf /d/*", claim: "data-rpc-0" }, []],
  ["a copy", { script: "tar c /d | gzip > /tmp/x; rm -rf /tmp/x" }, []],
])("what takes a validator's data away beside it is found: %s", (_, parts, expected) => {
  expect(found(parts)).toEqual(expected);
});

test.each<[string, Parts, string[]]>([
  ["is not asked for", { script: "axon init -c /c -s /s" }, ["Job clean"]],
  ["asks for its mount", { script: "[ -d /d ] && axon init -c /c -s /s" }, ["Job clean"]],
  ["asks for a variable", { script: '[ "$NEW" = 1 ] && axon init' }, ["Job clean?"]],
  ["asks for data", { script: "[ -d /d/chain/rocksdb ] || axon init -c /c -s /s" }, []],
  ["may fail", { script: "axon init -c /c -s /s || true" }, []],
  ["is another's", { script: "axon init -c /c -s /s", claim: "data-rpc-0" }, []],
])("an init in a hook of the upgrade that %s: %j is found as %j", (_, parts, expected) => {
  expect(found({ ...parts, hook: "pre-upgrade" })).toEqual(expected);
  expect(found({ ...parts, hook: "pre-install,post-upgrade" })).toEqual(expected);
  expect(found({ ...parts, hook: "pre-install" })).toEqual([]);
  expect(found(parts)).toEqual([]);
});
