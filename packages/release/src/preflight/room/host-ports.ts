import type { Container, PodSpec } from "../manifest.ts";
import type { Placed } from "./place.ts";

type Port = { port: number; protocol: string; address: string };

const ANY = "0.0.0.0";

/** Whether a pod wants a port of a node that another one there has. */
export function isPortTaken(spec: PodSpec, node: string, others: readonly Placed[]): boolean {
  const wanted = portsOf(spec);
  if (wanted.length === 0) return false;
  const taken = others.filter((one) => one.node === node).flatMap((one) => portsOf(one.spec));
  return wanted.some((port) => taken.some((other) => areOne(port, other)));
}

/** In the network of the node every port of a container is one of the node's. */
function portsOf({ containers, initContainers = [], hostNetwork }: PodSpec): Port[] {
  const beside = initContainers.filter(({ restartPolicy }) => restartPolicy === "Always");
  return [...containers, ...beside].flatMap(({ ports }: Container) =>
    (Array.isArray(ports) ? ports : []).flatMap((one) => {
      const port = one.hostPort ?? (hostNetwork ? one.containerPort : undefined);
      return port ? [{ port, protocol: one.protocol ?? "TCP", address: one.hostIP || ANY }] : [];
    }),
  );
}

function areOne(one: Port, other: Port): boolean {
  if (one.port !== other.port || one.protocol !== other.protocol) return false;
  return one.address === other.address || [one.address, other.address].includes(ANY);
}
