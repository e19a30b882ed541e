import type { KubeApi } from "../api.ts";
import type { KubeObject } from "../object.ts";
import { until } from "../until.ts";
import type { PodWorker } from "./pod-worker.ts";

const KWOK = "/apis/kwok.x-k8s.io/v1alpha1";

/**
 * Tells KWOK, which answers for every node's kubelet, where a pod's logs and ports are. They go
 * with the pod.
 */
export async function openDoors(api: KubeApi, { pod, place, keepers }: PodWorker): Promise<void> {
  const { namespace, name, uid } = pod.metadata;
  await Promise.all(keepers.map(({ spec }) => place.prepareLog(spec.name)));
  const ownerReferences = [{ apiVersion: "v1", kind: "Pod", name, uid }];
  const make = (kind: string, plural: string, spec: object) => {
    const object = {
      apiVersion: "kwok.x-k8s.io/v1alpha1",
      kind,
      metadata: { name, namespace, ownerReferences },
      spec,
    } as KubeObject;
    return api.apply(`${KWOK}/namespaces/${namespace}/${plural}/${name}`, object);
  };
  await Promise.all([
    make("Logs", "logs", {
      logs: keepers.map(({ spec }) => ({
        containers: [spec.name],
        logsFile: place.logFiles(spec.name).now,
        previousLogsFile: place.logFiles(spec.name).before,
        follow: true,
      })),
    }),
    make("PortForward", "portforwards", {
      forwards: keepers
        .flatMap(({ spec }) => spec.ports ?? [])
        .map(({ containerPort }) => ({
          ports: [containerPort],
          target: { address: place.ip, port: containerPort },
        })),
    }),
  ]);
  await seenByKwok(api, pod, keepers.at(-1)?.spec.name);
}

/** It learns of what was made a little later; until then it has no logs to give. */
async function seenByKwok(api: KubeApi, { metadata }: KubeObject, container: string) {
  const { namespace, name } = metadata;
  const log = `/api/v1/namespaces/${namespace}/pods/${name}/log?container=${container}`;
  await until(() => api.answers(log), { everyMs: 20, withinMs: 3_000 });
}
