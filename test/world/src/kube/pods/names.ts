import type { KubeObject } from "../object.ts";

/** A pod as others reach it. */
export type Reachable = { pod: KubeObject; ip: string; ready: boolean };

/**
 * What /etc/hosts has in a namespace: the names of pods behind headless services, and of services,
 * which lead to their pods at once and so have their pods' ports.
 */
export function hostsFor(
  namespace: string,
  services: readonly KubeObject[],
  pods: readonly Reachable[],
): string {
  const lines = services.flatMap((service) => linesOf(namespace, service, pods));
  return ["127.0.0.1\tlocalhost", ...lines, ""].join("\n");
}

function linesOf(namespace: string, service: KubeObject, pods: readonly Reachable[]): string[] {
  const { metadata, spec } = service;
  if (!spec.selector) return [];
  const full = `${metadata.name}.${metadata.namespace}.svc.cluster.local`;
  return pods
    .filter(({ pod, ready }) => {
      const here = pod.metadata.namespace === metadata.namespace;
      return here && matches(pod, spec.selector) && (ready || spec.publishNotReadyAddresses);
    })
    .flatMap(({ pod, ip }) => {
      const own = pod.spec.subdomain === metadata.name && pod.spec.hostname;
      const names = own ? [`${own}.${full}`, full] : [full];
      return names.map((name) => `${ip}\t${shorter(name, namespace).join(" ")}`);
    });
}

/** A name and all that resolve to it by the search domains of a pod in the namespace. */
function shorter(full: string, namespace: string): string[] {
  const domains = [".cluster.local", ".svc.cluster.local", `.${namespace}.svc.cluster.local`];
  const found = domains.filter((domain) => full.endsWith(domain));
  return [full, ...found.map((domain) => full.slice(0, -domain.length))];
}

function matches({ metadata }: KubeObject, selector: Record<string, string>): boolean {
  return Object.entries(selector).every(([name, value]) => metadata.labels?.[name] === value);
}
