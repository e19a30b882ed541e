type Container = {
  ready: boolean;
  restarts?: number;
  /** In YAML; NOW is the time at which it comes to be. */
  state: string;
  lastState?: string;
};

/** Go's template of the status of a pod whose containers are all alike. */
export function podStatus(phase: string, container: Container): string {
  const { ready, restarts = 0, state, lastState } = container;
  const text = `
{{ $now := Now }}
phase: ${phase}
startTime: NOW
conditions:
${condition("Initialized", true)}
${condition("Ready", ready, phase === "Succeeded" ? "PodCompleted" : "ContainersNotReady")}
${condition("ContainersReady", ready, phase === "Succeeded" ? "PodCompleted" : "ContainersNotReady")}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: ${ready}
  started: ${ready}
  restartCount: ${restarts}
  state: { ${state} }
${lastState ? `  lastState: { ${lastState} }` : ""}
{{ end }}
initContainerStatuses:
{{ range .spec.initContainers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: true
  restartCount: 0
  {{ if eq .restartPolicy "Always" }}
  started: true
  state: { running: { startedAt: NOW } }
  {{ else }}
  state: { terminated: { exitCode: 0, reason: Completed, startedAt: NOW, finishedAt: NOW } }
  {{ end }}
{{ end }}
${addresses}`;
  return text.replaceAll("NOW", "{{ $now | Quote }}");
}

function condition(type: string, holds: boolean, reason = ""): string {
  const why = holds || reason === "" ? "" : `, reason: ${reason}`;
  return `- { type: ${type}, status: "${holds ? "True" : "False"}"${why}, lastTransitionTime: NOW }`;
}

const addresses = `
{{ if not .status.podIP }}
{{ $hostIPs := NodeIPsWith .spec.nodeName }}
{{ with $hostIPs }}
hostIP: {{ index . 0 | Quote }}
hostIPs:
{{ range . }}
- ip: {{ . | Quote }}
{{ end }}
{{ end }}
{{ $podIPs := PodIPsWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" )
  ( or .metadata.name "" ) ( or .metadata.namespace "" ) }}
{{ with $podIPs }}
podIP: {{ index . 0 | Quote }}
podIPs:
{{ range . }}
- ip: {{ . | Quote }}
{{ end }}
{{ end }}
{{ end }}
`;

/** The template of a node's status: ready, and where its kubelet's server listens. */
export const nodeStatus = `
{{ $now := Now }}
conditions:
{{ range NodeConditions }}
- type: {{ .type | Quote }}
  status: {{ .status | Quote }}
  reason: {{ .reason | Quote }}
  message: {{ .message | Quote }}
  lastHeartbeatTime: {{ $now | Quote }}
  lastTransitionTime: {{ $now | Quote }}
{{ end }}
addresses:
- { type: InternalIP, address: {{ NodeIP | Quote }} }
- { type: Hostname, address: {{ .metadata.name | Quote }} }
daemonEndpoints:
  kubeletEndpoint:
    Port: {{ NodePort }}
nodeInfo:
  architecture: amd64
  operatingSystem: linux
  kubeletVersion: {{ printf "kwok-%s" Version | Quote }}
  containerRuntimeVersion: kwok
  kernelVersion: kwok
  kubeProxyVersion: kwok
  osImage: kwok
  bootID: ""
  machineID: ""
  systemUUID: ""
`;
