import type { KubeApi } from "../api.ts";
import type { KubeObject } from "../object.ts";
import type { PodWorker } from "./pod-worker.ts";

const KWOK = "/apis/kwok.x-k8s.io/v1alpha1";

/**
 * Tells KWOK, which answers for every node's kubelet, where a pod's logs and ports are. They go with
 * the pod.
 */
export async function forwardTo(api: KubeApi, { pod, place, keepers }: PodWorker): Promise<void> {
  const { namespace, name, uid } = pod.metadata;
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
    make("Exec", "execs", {
      execs: keepers.map(({ spec }) => ({
        containers: [spec.name],
        local: { workDir: place.root, envs: [{ name: "WORLD_POD_IP", value: place.ip }] },
      })),
    }),
  ]).catch(() => {});
}
