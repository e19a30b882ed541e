import { type Clock, realClock } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import type { Cluster, User } from "@playbook/world";
import { type Connection, connectByFile, KubeClient } from "../src/index.ts";

export const ADMIN: User = { name: "ada", groups: ["system:masters"] };

/** A client of the cluster as somebody, through the gate. */
export async function clientFor(
  cluster: Cluster,
  { user = ADMIN, clock = realClock }: { user?: User; clock?: Clock } = {},
) {
  const connection = await connectionFor(cluster, user);
  const context = contextForTests({ clock });
  return { connection, context, client: new KubeClient(connection, context) };
}

export async function connectionFor(cluster: Cluster, user = ADMIN): Promise<Connection> {
  const path = await cluster.kubeconfig(user);
  return connectByFile({ path, clock: realClock, env: {} });
}

/** A clock on which waiting takes no time; `onTime` is told how long it has been waited in all. */
export function quickClock(onTime: (waited: number) => unknown = () => {}) {
  let waited = 0;
  const clock: Clock = {
    now: () => realClock.now() + waited,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      waited += ms;
      await onTime(waited);
    },
  };
  return { clock, waited: () => waited };
}

export const container = { name: "main", image: "registry.example/web:1" };

/** Four values of a StatefulSet that are of no matter here, and what is. */
export function setNamed(name: string, namespace: string, over: object = {}) {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name, namespace },
    spec: {
      replicas: 1,
      serviceName: name,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
      ...over,
    },
  };
}
