import { Files } from "../../src/preflight/pods/mounts.ts";
import { checkLiveness } from "../../src/preflight/start/liveness.ts";
import { configMap } from "./node-files.ts";
import { setOf } from "./sets.ts";

const ASK = `curl -sf -d '{"method":"eth_blockNumber"}' localhost:8000`;
const SYNCING = `curl -sf -d '{"method":"eth_syncing"}' localhost:8000`;

function found(livenessProbe: object, beside: object[] = []): string[] {
  const volumeMounts = [{ name: "scripts", mountPath: "/scripts" }];
  const node = { name: "axon", image: "r/axon:v1", command: ["axon", "run"], volumeMounts };
  const volumes = [{ name: "scripts", configMap: { name: "scripts" } }];
  const containers = [{ ...node, livenessProbe }, ...(beside as never[])];
  const script =
    `now=$(${ASK} | jq -r .result)\n[ "$now" != "$(cat ` +
    '/tmp/last)" ] || exit 1\necho $now > /tmp/last';
  const files = new Files([configMap("scripts", { "live.sh": script })]);
  return checkLiveness(setOf("a", { pod: { containers, volumes } }), files).map(
    ({ code, level, at }) => `${code} ${level}: ${at}`,
  );
}

const sh = (script: string) => ({ exec: { command: ["sh", "-c", script] } });
const TOLD = ["live-by-blocks warning: StatefulSet a, container axon"];

test.each<[string, object]>([
  ["blocks that follow", sh(`a=$(${ASK}); sleep 9; b=$(${ASK}); [ "$a" != "$b" ]`)],
  ["another block than before, in a script", { exec: { command: ["sh", "/scripts/live.sh"] } }],
  ["a height", sh(`h=$(${ASK}); if [ $((h)) -le $(cat /tmp/h) ]; then exit 1; fi`)],
  ["a block that is not the last one", sh(`b=$(${ASK}); [ "$b" = "$(cat /tmp/last)" ] && exit 1`)],
  [
    "a height, as bash counts",
    sh(`H=$(${ASK}); H=$((H)); L=$(cat /tmp/h); echo $H > /tmp/h; (( H > L ))`),
  ],
  ["a node in step", sh(`${SYNCING} | grep -q '"result":false'`)],
])(
  "a validator that lives as long as there are %s is killed while the chain stands still",
  (_, probe) => {
    expect(found(probe)).toEqual(TOLD);
  },
);

test.each<[string, object]>([
  ["an answer", sh(`${ASK} | grep -q result`)],
  ["a program that ends well", sh(`${ASK}; [ $? -eq 0 ]`)],
  [
    "a status",
    sh(`code=$(${ASK} -o /dev/null -w '%{http_code}'); if [ "$code" -ne 200 ]; then exit 1; fi`),
  ],
  ["an answer of whatever it syncs", sh(SYNCING)],
  ["an answer, tried again", sh(`for i in 1 2 3; do ${ASK} && exit 0; sleep 1; done; exit 1`)],
  [
    "an answer that is something",
    sh(`r=$(${ASK} | jq -r .result); [ "$r" != "null" ] && [ "$r" != "" ]`),
  ],
  ["a port", { tcpSocket: { port: 8000 } }],
])("one that lives as long as there is %s is not", (_, probe) => {
  expect(found(probe)).toEqual([]);
  expect(found(probe, [{ name: "exporter", livenessProbe: sh(`[ $(${ASK}) -gt 0 ]`) }])).toEqual(
    [],
  );
});
