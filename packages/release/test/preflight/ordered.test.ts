import { Files } from "../../src/preflight/pods/mounts.ts";
import { checkOrder } from "../../src/preflight/start/ordered.ts";
import { configMap } from "./node-files.ts";
import { setOf } from "./sets.ts";

const ASK = `curl -sf -d '{"method":"eth_blockNumber"}' localhost:8000`;

function found(probe: object, changes: Parameters<typeof setOf>[1] = {}): string[] {
  const volumeMounts = [{ name: "scripts", mountPath: "/scripts" }];
  const containers = [{ name: "axon", image: "r/axon:v1", volumeMounts, ...probe }];
  const volumes = [{ name: "scripts", configMap: { name: "scripts" } }];
  const spec = { replicas: 5, podManagementPolicy: undefined as never, ...changes };
  const set = setOf("axon", { ...spec, pod: { containers, volumes } });
  const script = `now=$(${ASK} | jq -r .result)\n[ "$now" != "$(cat /tmp/last)" ]`;
  return checkOrder(set, new Files([configMap("scripts", { "ready.sh": script })])).map(
    ({ code }) => code,
  );
}

const sh = (script: string) => ({ exec: { command: ["sh", "-c", script] } });
const grows = `a=$(${ASK}); sleep 5; b=$(${ASK}); [ "$a" != "$b" ]`;

test.each<[string, object, object, string[]]>([
  ["blocks that follow", { readinessProbe: sh(grows) }, {}, ["start-in-turn"]],
  ["a block above 0", { startupProbe: sh(`[ $(${ASK}) -gt 0 ]`) }, {}, ["start-in-turn"]],
  [
    "a script",
    { readinessProbe: { exec: { command: ["sh", "/scripts/ready.sh"] } } },
    {},
    ["start-in-turn"],
  ],
  ["an answer", { readinessProbe: sh(ASK) }, {}, []],
  ["a port", { readinessProbe: { tcpSocket: { port: 8000 } } }, {}, []],
  ["blocks, all at once", { readinessProbe: sh(grows) }, { podManagementPolicy: "Parallel" }, []],
  ["blocks, alone in its set", { readinessProbe: sh(grows) }, { replicas: 1 }, []],
])("pods that begin in turn and wait for %s", (_, probe, changes, codes) => {
  expect(found(probe, changes)).toEqual(codes);
});
