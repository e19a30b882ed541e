import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export type Probe = {
  exec?: { command: string[] };
  httpGet?: {
    path?: string;
    port: number | string;
    httpHeaders?: { name: string; value: string }[];
  };
  tcpSocket?: { port: number | string };
  initialDelaySeconds?: number;
  periodSeconds?: number;
  timeoutSeconds?: number;
  successThreshold?: number;
  failureThreshold?: number;
};

export type Probed = {
  ip: string;
  ports: { name?: string; containerPort: number }[];
  /** Runs a command inside; rejects when it fails. */
  exec(command: string[], timeoutMs: number): Promise<void>;
};

/**
 * Asks again and again until the signal, and tells each change: `true` after so many successes in a
 * row, `false` after so many failures, with the last one's reason.
 */
export async function watchProbe(
  probe: Probe,
  probed: Probed,
  tell: (succeeds: boolean, reason: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { initialDelaySeconds = 0, periodSeconds = 10 } = probe;
  const { successThreshold = 1, failureThreshold = 3 } = probe;
  let successes = 0;
  let failures = 0;
  await pause(initialDelaySeconds * 1000, signal);
  while (!signal.aborted) {
    const reason = await ask(probe, probed);
    if (signal.aborted) return;
    successes = reason === undefined ? successes + 1 : 0;
    failures = reason === undefined ? 0 : failures + 1;
    if (successes >= successThreshold) tell(true, "");
    if (failures >= failureThreshold) tell(false, reason ?? "");
    await pause(periodSeconds * 1000, signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => {});
}

/** undefined when it succeeds. */
async function ask(probe: Probe, probed: Probed): Promise<string | undefined> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  try {
    if (probe.exec) await probed.exec(probe.exec.command, timeoutMs);
    if (probe.httpGet) await askHttp(probe.httpGet, probed, timeoutMs);
    if (probe.tcpSocket) await askTcp(probed.ip, portOf(probe.tcpSocket.port, probed), timeoutMs);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function askHttp(get: NonNullable<Probe["httpGet"]>, probed: Probed, timeoutMs: number) {
  const { path = "/", httpHeaders = [] } = get;
  const port = portOf(get.port, probed);
  const headers = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]));
  const signal = AbortSignal.timeout(timeoutMs);
  const answer = await fetch(`http://${probed.ip}:${port}${path}`, { headers, signal });
  await answer.body?.cancel();
  if (answer.status < 200 || answer.status >= 400) {
    throw new Error(`HTTP probe failed with statuscode: ${answer.status}`);
  }
}

async function askTcp(host: string, port: number, timeoutMs: number): Promise<void> {
  const socket = connect({ host, port });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(timeoutMs) });
  } finally {
    socket.destroy();
  }
}

function portOf(port: number | string, { ports }: Probed): number {
  if (typeof port === "number") return port;
  const found = ports.find(({ name }) => name === port);
  if (!found) throw new Error(`the container has no port ${port}`);
  return found.containerPort;
}
