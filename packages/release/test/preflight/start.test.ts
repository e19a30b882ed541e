import type { Container, Volume } from "../../src/preflight/manifest.ts";
import { Files } from "../../src/preflight/pods/mounts.ts";
import { checkStart } from "../../src/preflight/start/start.ts";
import { configMap } from "./node-files.ts";
import { setOf } from "./sets.ts";

const volumeMounts = [
  { name: "data", mountPath: "/data" },
  { name: "scripts", mountPath: "/scripts" },
];
const volumes: Volume[] = [{ name: "scripts", configMap: { name: "scripts" } }];

type Parts = { main?: Partial<Container>; init?: Partial<Container>[]; start?: string };

const RUN: Partial<Container> = { command: ["axon", "run", "-c", "/c"] };

function found({ main = RUN, init = [], start = "" }: Parts): string[] {
  const containers = [{ name: "axon", image: "r/axon:v1", volumeMounts, ...main }];
  const initContainers = init.map((each, at) => ({ name: `init-${at}`, volumeMounts, ...each }));
  const set = setOf("a", { pod: { containers, initContainers, volumes } });
  const files = new Files([configMap("scripts", { "start.sh": start })]);
  const all = checkStart(set, { files, dataPath: "/data/chain" });
  return all.map(({ code, level }) => (level === "error" ? code : `${code}?`));
}

const sh = (script: string): Partial<Container> => ({ command: ["sh", "-c"], args: [script] });

test.each<[string, string[]]>([
  [
    'if [ -n "$DEBUG" ]; then set -x; fi; axon init -c /c -s /s && exec axon run -c /c',
    ["init-loop"],
  ],
  ["axon init -c /etc/test/c.toml -s /s && exec axon run -c /c", ["init-loop"]],
  ["axon \\\n init --chain-spec /s -c /c; exec axon run -c /c", ["init-loop"]],
  ["[ -e /tmp/made ] || axon init -c /c -s /s; exec axon run -c /c", ["init-loop"]],
  ['if [ "$FIRST" = yes ]; then axon init -c /c -s /s; fi; exec axon run -c /c', ["init-loop?"]],
  ["axon init -c /c -s /s || true; exec axon run -c /c", ["init-loop?"]],
  ["[ -d /data/chain/rocksdb ] || axon init -c /c -s /s; exec axon run -c /c", []],
  ['[ -d "$DATA/rocksdb" ] || axon init -c /c -s /s; exec axon run -c /c', []],
  ["[ -d /data/rocksdb ] || axon init -c /c -s /s; exec axon run -c /c", ["init-loop"]],
  [
    "if test ! -e /data/chain2/rocksdb/CURRENT; then axon init -c /c; fi; exec axon run -c /c",
    ["init-loop"],
  ],
  ["[ -d /data/$NAME/rocksdb ] || axon init -c /c -s /s; exec axon run -c /c", []],
  ["[ -e /data/made ] || axon init -c /c -s /s; exec axon run -c /c", []],
  [
    "DATA=$(grep data_path /c/x.toml | cut -d= -f2); [ -d $DATA/rocksdb ] || " +
      "axon init -c /c; exec axon run -c /c",
    [],
  ],
  ['case "$(ls /data)" in "") axon init -c /c -s /s ;; esac; exec axon run -c /c', []],
  [
    "[ -d /data/chain/rocksdb ] && exec axon run -c /c\naxon init -c /c -s /s\nexec axon run -c /c",
    [],
  ],
  ["[ -d /data/chain/rocksdb ] && axon init -c /c -s /s; exec axon run -c /c", ["init-loop"]],
  ["[ ! -d /data/chain/rocksdb ] || axon init -c /c; exec axon run -c /c", ["init-loop"]],
  ["if ! test -e $DATA/rocksdb; then exit 0; fi; axon init -c /c; exec axon run", ["init-loop"]],
  ["if ! test -e $DATA/rocksdb; then :; else exit 0; fi; axon init -c /c; exec axon run", []],
  ["if [ -d /data/chain/rocksdb ]; then exec axon run -c /c; fi; axon init -c /c", []],
  ["if [ -d /data/chain/rocksdb ]; then :; else axon init -c /c; fi; exec axon run", []],
  [
    "if [ -d /data/chain/rocksdb ]; then :; else exit 0; fi; axon init; exec axon run",
    ["init-loop"],
  ],
  [
    "if [ -d $D/rocksdb ]; then echo there; elif [ -n $A ]; " +
      "then axon init -c /c; fi; exec axon run",
    [],
  ],
  ["[ -d /data/chain/rocksdb ] && echo there || axon init -c /c -s /s; exec axon run -c /c", []],
  ["[ ! -d /data/chain/rocksdb ] && axon init -c /c -s /s; exec axon run -c /c", []],
  ["rm -rf /data/chain/rocksdb; exec axon run -c /c", ["init-wipes"]],
  ["mv /data/chain/rocksdb /data/old; exec axon run -c /c", ["init-wipes"]],
  ["mv -f /tmp/snapshot /data/chain/rocksdb; exec axon run -c /c", []],
  [
    "rm -f -r /data/*; [ -d /data/chain ] || axon init -c /c -s /s; exec axon run -c c",
    ["init-wipes"],
  ],
  ["cd /data && rm -rf ./chain; exec axon run -c /c", ["init-wipes"]],
  ["find /data -mindepth 1 -delete; exec axon run -c /c", ["init-wipes"]],
  ['rm -rf "$CHAIN_DATA"; exec axon run -c /c', ["init-wipes?"]],
  ['rm -rf "$CHAIN_DATA"; axon init; exec axon run', ["init-wipes?", "init-loop"]],
  ["find /data -name '*.log' -delete; rm -rf /data/chain/rocksdb/LOCK; exec axon run -c /c", []],
  ["rm -rf /tmp/x /data/chain/logs /data/lost+found; exec axon run -c /c", []],
  [
    "if [ ! -e /data/done ]; then rm -rf /data/chain; axon init -c /c -s /s; " +
      "touch /data/done; fi; exec axon run -c /c",
    [],
  ],
  ['[ -n "$(ls -A /data)" ] && axon init -c /c -s /s; exec axon run -c /c', ["init-loop"]],
  ['if [ "$(ls /data/chain)" ]; then axon init -c /c; fi; exec axon run -c /c', ["init-loop"]],
  ['[ -z "$(ls -A /data)" ] || axon init -c /c -s /s; exec axon run -c /c', ["init-loop"]],
  ['[ ! -n "$(ls -A /data)" ] && axon init -c /c -s /s; exec axon run -c /c', ["init-never?"]],
  ['[ -z "$(ls -A /data/)" ] && axon init -c /c -s /s; exec axon run -c /c', ["init-never?"]],
  ['[ -n "$(ls /data)" ] || axon init -c /c -s /s; exec axon run -c /c', ["init-never?"]],
  ['if [ "$(ls -A /data)" ]; then :; else axon init -c /c; fi; exec axon run', ["init-never?"]],
  ['[ "$(ls -A /data | wc -l)" -eq 0 ] && axon init -c /c; exec axon run', ["init-never?"]],
  ["[ $(ls -A /data | wc -l) -gt 0 ] || axon init -c /c; exec axon run", ["init-never?"]],
  ['[ -z "$(ls -A /data/chain)" ] && axon init -c /c -s /s; exec axon run -c /c', []],
  ['[ -z "$(ls -A /data | grep -v lost+found)" ] && axon init -c /c; exec axon run', []],
  ['rm -rf /data/lost+found; [ -z "$(ls -A /data)" ] && axon init -c /c; exec axon run', []],
  ['[ -n "$(ls /etc/first)" ] && axon init -c /c -s /s; exec axon run -c /c', ["init-loop"]],
  ["[ -d /data/chain/db/rocksdb ] || axon init -c /c; exec axon run -c /c", ["init-loop"]],
  ["[ -d /data ] || axon init -c /c -s /s; exec axon run -c /c", ["init-never?"]],
  ["if [ ! -e /data/ ]; then axon init -c /c; fi; exec axon run -c /c", ["init-never?"]],
  ["[ -d /data ] && axon init -c /c -s /s; exec axon run -c /c", ["init-loop"]],
  ['D=/data; if [ -n "$D" ] && [ -d "$D" ]; then axon init; fi; exec axon run', ["init-loop"]],
  ["[ $(ls /data | wc -l) -gt 1 ] && axon init; exec axon run -c /c", ["init-loop"]],
  ["[ -d /data/chain ] && axon init; exec axon run -c /c", ["init-loop"]],
  ["[ -d /data/chain ] && [ ! -d /data/chain/rocksdb ] && axon init; exec axon run", []],
  ["if [ -w /data ] && [ ! -d /data/chain/rocksdb ]; then axon init; fi; exec axon run", []],
  [
    'if [ ! -d $D/rocksdb ] || [ "$F" = 1 ]; then axon init --force; fi; exec axon run',
    ["init-loop?"],
  ],
  ['[ ! -d $D/rocksdb ] || [ "$F" = 1 ] && axon init --force; exec axon run', ["init-loop?"]],
  ["if [[ -d $D/rocksdb || -s $D/axon.ver ]]; then axon init; fi; exec axon run", ["init-loop"]],
  ["if [[ -e $D/rocksdb && -s $D/axon.ver ]]; then exit 0; fi; axon init; exec axon run", []],
  ["[ ! -d $D/rocksdb -a ! -s $D/axon.ver ] && axon init; exec axon run", []],
  [
    "D=$(sed -n 's/^data_path *= *\"\\(.*\\)\"/\\1/p' /c); [ ! -d " +
      '"$D/rocksdb" ] && axon init; exec axon run',
    [],
  ],
  [
    "D=$(sed -nE 's/^data_path = \"(.*)\"/\\1/p' /c); [ -d " +
      '"$D/rocksdb" ] || axon init; exec axon run',
    [],
  ],
  ["[ $(find /data -maxdepth 1 -name rocksdb | wc -l) -eq 0 ] && axon init; exec axon run", []],
  ['[ -z "$(find /data -name rocksdb)" ] && axon init -c /c; exec axon run', []],
  ["[ -f /data/.initialized ] || axon init -c /c -s /s; exec axon run -c /c", ["init-loop?"]],
  [
    "[ -f /data/.initialized ] || { axon init -c /c -s /s && touch " +
      "/data/.initialized; }; exec axon run",
    [],
  ],
  [
    "M=/data/.initialized; [ -f $M ] || { axon init -c /c -s /s && : > $M; }; exec axon run -c /c",
    [],
  ],
  ["[ -d /data/chain/rocksdb ] && rm -rf /data/chain/rocksdb; exec axon run", ["init-wipes"]],
  [
    '[ -d /data/chain/rocksdb ] && [ "$RESET" = yes ] && rm -rf /data/chain; exec axon run -c /c',
    ["init-wipes?"],
  ],
  ['if [ "yes" = "yes" ]; then rm -rf /data/chain; fi; exec axon run -c /c', ["init-wipes"]],
  ['if [ "$RESET" = "yes" ]; then rm -rf /data/chain; fi; exec axon run', ["init-wipes?"]],
  ['D=/data; [ -n "$D" ] && rm -rf $D/*; exec axon run', ["init-wipes"]],
  ["if mountpoint -q /data; then rm -rf /data/*; fi; exec axon run -c /c", ["init-wipes"]],
  ["test -d /data && rm -rf /data/chain/rocksdb; exec axon run -c /c", ["init-wipes"]],
  ["ls /data && rm -rf /data/chain/rocksdb; exec axon run -c /c", ["init-wipes"]],
  ["[ $(ls /data | wc -l) -gt 1 ] && rm -rf /data/*; exec axon run", ["init-wipes"]],
  [
    "if [ $(ls /data | wc -l) -gt 0 ]; then rm -rf /data/*; fi; axon init; exec axon run",
    ["init-wipes"],
  ],
  ["[ $(ls /data/chain | wc -l) -le 1 ] && rm -rf /data/chain; exec axon run", []],
  ["[ $(ls /data/chain | wc -l) -ge 9 ] && rm -rf /data/chain; exec axon run", ["init-wipes?"]],
  [
    "[ $(find /data -name core | wc -l) -gt 0 ] && rm -rf /data/chain/rocksdb; exec axon run",
    ["init-wipes?"],
  ],
  [
    'if ! grep -qx "$V" /data/chain/axon.ver; then rm -rf /data/*; fi; exec axon run',
    ["init-wipes?"],
  ],
  ["cmp -s /etc/s /data/s || rm -rf /data/chain/rocksdb; exec axon run", ["init-wipes?"]],
  ["[ $(du -s /data | cut -f1) -gt 9000 ] && rm -rf /data/chain; exec axon run", ["init-wipes?"]],
  ["[ -f /data/.corrupt ] && rm -rf /data/chain/rocksdb; exec axon run -c /c", []],
  ["mkdir /data/once && rm -rf /data/chain/rocksdb; exec axon run -c /c", []],
  [
    'if [ "$RESET" = 1 ] || [ ! -d /data/chain/rocksdb ]; then rm -rf ' +
      "/data/chain/rocksdb; axon init; fi; exec axon run",
    ["init-wipes?"],
  ],
  [
    "if [ ! -d /data/chain/rocksdb ] || [ ! -s /data/chain/axon.ver ]; then rm -rf " +
      "/data/chain; axon init; fi; exec axon run",
    [],
  ],
  [
    'if [ "$RESET" = 1 ] && [ -d /data/chain ]; then rm -rf ' +
      "/data/chain; axon init; fi; exec axon run",
    ["init-wipes?"],
  ],
  [
    "[ ! -d /data/chain/rocksdb ] && rm -rf /data/chain; rm -rf /data/chain/txs_wal; exec axon run",
    ["init-wipes"],
  ],
  [
    "python3 -c 'import shutil; shutil.rmtree(\"/data/chain/rocksdb\")'; exec axon run",
    ["init-wipes?"],
  ],
  ["python3 -c 'import shutil; shutil.rmtree(\"/data/logs\")'; exec axon run", []],
  ["find /data -type f | xargs rm -f; exec axon run -c /c", ["init-wipes"]],
  ["ls -A /data | grep -v lost | xargs -I{} rm -rf /data/{}; exec axon run", ["init-wipes"]],
  ["find /data -print0 | sort -z | tail -n 9 | xargs -0 rm -rf; exec axon run", ["init-wipes?"]],
  ["find /data -name '*.log' | xargs rm -f; exec axon run -c /c", []],
  ["find /data -type f > /tmp/l; cat /tmp/old | xargs rm -rf; exec axon run", []],
  ["rsync -a --delete /backup/ /data/chain/; exec axon run -c /c", ["init-wipes"]],
  ["rsync -a /backup/ /data/chain/; exec axon run -c /c", ["data-put-back?"]],
  ["rsync -a --ignore-existing /backup/ /data/chain/; exec axon run -c /c", []],
  ["curl -s $URL | tar -xz -C /data/chain; exec axon run -c /c", ["data-put-back?"]],
  ["curl -s $URL | tar xzC /data/chain; exec axon run -c /c", ["data-put-back?"]],
  ["cd /data/chain && wget -qO- $URL | tar --zstd -x; exec axon run -c /c", ["data-put-back?"]],
  ["tar -xf /s.tar --directory=/data/chain/rocksdb; exec axon run -c /c", ["data-put-back?"]],
  ["tar -xf /s.tar --skip-old-files -C /data/chain; exec axon run -c /c", []],
  ["tar -czf /tmp/x.tgz -C /data/chain .; exec axon run -c /c", []],
  ["tar -xf /scripts.tar -C /opt; exec axon run -c /c", []],
  ["aws s3 sync s3://snapshots/axon /data/chain; exec axon run -c /c", ["data-put-back?"]],
  ["aws s3 sync /data/chain s3://backups/axon; exec axon run -c /c", []],
  ["gsutil -m rsync -r gs://s/axon /data/chain; exec axon run -c /c", ["data-put-back?"]],
  ["rclone copy remote:axon /data/chain; exec axon run -c /c", ["data-put-back?"]],
  ["unzip -o /s.zip -d /data/chain; exec axon run -c /c", ["data-put-back?"]],
  ["cp -a /snapshot/. /data/chain/; exec axon run -c /c", ["data-put-back?"]],
  ["cp -an /snapshot/. /data/chain/; exec axon run -c /c", []],
  ["cp -r /scripts/. /data/chain/; exec axon run -c /c", []],
  ["cp /snapshot/spec.toml /data/chain/; exec axon run -c /c", []],
  ["[ -d /data/chain/rocksdb ] || tar -xf /s.tar -C /data/chain; exec axon run -c /c", []],
  [
    "[ -d /data/chain/rocksdb ] && tar -xf /s.tar -C /data/chain; exec axon run",
    ["data-put-back?"],
  ],
  ["[ -e /tmp/done ] || tar -xf /s.tar -C /data/chain; exec axon run -c /c", ["data-put-back?"]],
  [
    "if [ ! -f /data/.restored ]; then tar -xf /s.tar -C /data/chain; " +
      "touch /data/.restored; fi; exec axon run",
    [],
  ],
  ["exec axon run -c /c 2>&1 | tee /data/log", ["shell-is-pid-1"]],
  ["ls /data/chain | grep -q rocksdb && axon init -c /c; exec axon run -c /c", ["init-loop"]],
  ["ls /data/chain | grep -q rocksdb || axon init -c /c; exec axon run -c /c", []],
  ["if stat /data/chain/rocksdb; then axon init -c /c; fi; exec axon run", ["init-loop"]],
  ["if ! stat /data/chain/rocksdb; then axon init -c /c; fi; exec axon run", []],
  ["mkdir /data/lock && axon init -c /c -s /s; exec axon run -c /c", []],
  ["mkdir -p /data/lock && axon init -c /c -s /s; exec axon run -c /c", ["init-loop"]],
  ['set -- axon run -c /c; exec "$@"', []],
  ['set -- axon init -c /c; "$@"; exec axon run -c /c', ["init-loop"]],
  ["RUST_LOG=info exec axon run -c /c", []],
  ['eval "exec axon run -c /c"', []],
  ["sh -e <<'END'\nrm -rf /data/chain\nEND\nexec axon run -c /c", ["init-wipes"]],
  ["cat <<END | bash\naxon init -c /c -s /s\nEND\nexec axon run -c /c", ["init-loop"]],
  ["cat <<END > /tmp/x\naxon init -c /c -s /s\nEND\nexec axon run -c /c", []],
  ["exec sh <<END\nexec axon run -c /c\nEND", []],
  ['eval "axon init -c /c"; exec axon run -c /c', ["init-loop"]],
  ["exec > >(tee -a /data/log) 2>&1; exec axon run -c /c", []],
  ["trap 'echo ended' EXIT; axon run -c /c", ["shell-is-pid-1"]],
  ["exec gosu axon /app/axon run -c /c", []],
  ['exec "$BINARY" run -c /c', []],
  ["axon run -c /c & pid=$!; trap 'kill $pid' TERM; wait", []],
  ["axon run -c /c", ["shell-is-pid-1"]],
  ["sh -c 'exec axon run -c /c'; echo ended", ["shell-is-pid-1"]],
  ["/app/entrypoint", ["shell-is-pid-1?"]],
])("a node that is started by %s: %j", (script, codes) => {
  expect(found({ main: sh(script) })).toEqual(codes);
  // It is the same in a file, which is not a shell's own command but as good as one.
  expect(found({ main: { command: ["/bin/bash", "/scripts/start.sh"] }, start: script })).toEqual(
    codes,
  );
  expect(
    found({ main: { command: ["/scripts/start.sh"] }, start: `#!/bin/sh\n${script}` }),
  ).toEqual(codes);
});

test.each<[string, Partial<Container>, string[]]>([
  ["the image's own program", { args: ["init", "-s", "/s", "-c", "/c"] }, ["init-loop"]],
  ["a name and options", { command: ["./axon", "init", "--chain-spec=/s"] }, ["init-loop"]],
  [
    "a variable",
    { ...sh('"$BIN" init -c /c'), env: [{ name: "BIN", value: "/axon" }] },
    ["init-loop"],
  ],
  ["another's init", { command: ["git", "init", "/data"] }, []],
  ["a script", { command: ["sh", "/scripts/start.sh"] }, ["init-loop"]],
  [
    "what it is called with",
    { command: ["sh", "-ec", '"$@"', "-"], args: ["axon", "init", "-c", "/c"] },
    ["init-loop"],
  ],
  ["a wipe", sh("rm -rf /data/*"), ["init-wipes"]],
  [
    "a wipe of what it does not mount",
    { ...sh("rm -rf /data/*"), volumeMounts: [] },
    ["init-wipes?"],
  ],
])("an init container that runs %s", (_, container, codes) => {
  const start = "set -e\naxon init -c /c -s /s\n";

  expect(found({ init: [container], start })).toEqual(codes);
});

test.each<[Record<string, string>, string, string[]]>([
  [{ HOME: "/data" }, '[ -n "$HOME" ] && rm -rf ${HOME:?}/*', ["init-wipes"]],
  [{ RESET: "true" }, '[ "$RESET" = true ] && rm -rf /data/chain', ["init-wipes"]],
  [{ RESET: "false" }, 'if [ "$RESET" = "true" ]; then rm -rf /data/chain; fi', []],
  [{ RESET: "false" }, '[ "$RESET" = "true" ] && rm -rf /data/chain', []],
  [{ RESET: "false" }, '. /env; [ "$RESET" = "true" ] && rm -rf /data/chain', ["init-wipes?"]],
  [
    { RESET: "true" },
    'if [ "$RESET" = true ] || [ ! -d /data/chain/rocksdb ]; ' +
      "then rm -rf /data/chain; axon init; fi",
    ["init-wipes"],
  ],
  [
    { RESET: "false" },
    'if [ "$RESET" = true ] || [ ! -d /data/chain/rocksdb ]; ' +
      "then rm -rf /data/chain; axon init; fi",
    [],
  ],
  [{ RESET: "no" }, "RESET=yes sh /scripts/start.sh", ["init-wipes?"]],
])("an init container with %j that runs %s: %j", (variables, script, codes) => {
  const env = Object.entries(variables).map(([name, value]) => ({ name, value }));
  const start = '[ "$RESET" = yes ] && rm -rf /data/chain';

  expect(found({ init: [{ ...sh(script), env }], start })).toEqual(codes);
});

test("an init that is where it should be is told what to ask for", () => {
  const nextOf = (dataPath?: string) => {
    const init = { ...sh("[ -e /tmp/x ] || axon init -c /c"), volumeMounts, name: "init" };
    const node = { ...sh("axon init; exec axon run"), volumeMounts, name: "axon" };
    const set = setOf("a", { pod: { containers: [node], initContainers: [init], volumes } });
    return checkStart(set, { dataPath }).map(({ next }) => next);
  };
  const elsewhere = "Run it in an init container, only where no data is.";

  expect(nextOf("/data/chain")).toEqual([
    "Ask for what Axon keeps in its data_path: `[ -d /data/chain/rocksdb ] || axon init …`.",
    elsewhere,
  ]);
  expect(nextOf()).toEqual([
    "Ask for what Axon keeps in its data_path, on its own volume, as for `rocksdb`.",
    elsewhere,
  ]);
});

test.each<[string, Partial<Container>, string[]]>([
  [
    "a shell that env finds",
    { command: ["/usr/bin/env", "bash", "-c"], args: ["axon run"] },
    ["shell-is-pid-1"],
  ],
  ["ash", { command: ["/bin/ash", "-c"], args: ["axon run -c c"] }, ["shell-is-pid-1"]],
  [
    "tini, which wakes its child alone",
    { command: ["tini", "--", "sh", "-c", "axon run"] },
    ["shell-is-pid-1"],
  ],
  ["bash, which gives way to a script", { command: ["bash", "-ec", "/scripts/start.sh"] }, []],
  [
    "sh, which waits for a script",
    { command: ["sh", "-c", "/scripts/start.sh"] },
    ["shell-is-pid-1"],
  ],
  [
    "bash, with more to do than a script",
    { command: ["bash", "-c", "/scripts/start.sh; true"] },
    ["shell-is-pid-1"],
  ],
  ["dumb-init, which wakes all", { command: ["dumb-init", "--", "sh", "-c", "axon run"] }, []],
  [
    "what it is called with",
    { command: ["sh", "-c", 'exec "$@"', "--"], args: ["axon", "run"] },
    [],
  ],
  ["a script with something after it", { command: ["sh", "-c"], args: ["exec axon run", "x"] }, []],
  ["a script of the image", { command: ["sh", "/app/start.sh"] }, ["shell-is-pid-1?"]],
  ["the image's own", {}, []],
  [
    "an init afterwards",
    {
      ...RUN,
      lifecycle: { postStart: { exec: { command: ["sh", "-c", "axon init -c c -s s"] } } },
    },
    ["init-loop"],
  ],
  [
    "what wipes its data when it is stopped",
    { ...RUN, lifecycle: { preStop: { exec: { command: ["rm", "-rf", "/data/chain/rocksdb"] } } } },
    ["init-wipes"],
  ],
  [
    "what waits before it is stopped",
    { ...RUN, lifecycle: { preStop: { exec: { command: ["sleep", "5"] } } } },
    [],
  ],
])("a node that is started by %s", (_, main, codes) => {
  const all = { main: { command: undefined, ...main } as Partial<Container> };

  expect(found({ ...all, start: "exec axon run -c /c" })).toEqual(codes);
});

test("a sidecar that is listed first is not taken for the node", () => {
  const sidecar = { name: "proxy", image: "r/proxy:v1", command: ["sh", "-c", "proxy"] };
  const node = { name: "n", image: "r/axon:v1", volumeMounts, ...sh("exec axon run -c /c") };

  expect(checkStart(setOf("a", { pod: { containers: [sidecar, node], volumes } }))).toEqual([]);
});
