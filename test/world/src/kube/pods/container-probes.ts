import type { Container } from "./container.ts";
import type { ContainerSpec } from "./container-keeper.ts";
import type { PodPlace } from "./pod-place.ts";
import { type Probe, watchProbe } from "./probes.ts";

export type Verdicts = {
  /** The startup probe has succeeded. */
  started(): void;
  ready(is: boolean): void;
  /** The container is to be started again. */
  failed(probe: "startup" | "liveness"): void;
};

/** Asks a container's probes until the signal; the others begin when the startup probe succeeds. */
export function watchContainer(
  spec: ContainerSpec,
  place: PodPlace,
  container: Container,
  signal: AbortSignal,
  verdicts: Verdicts,
): void {
  const probed = {
    ip: place.ip,
    ports: spec.ports ?? [],
    exec: async (command: string[], timeoutMs: number) => {
      await container.exec(command, timeoutMs).catch(({ stdout, stderr, message }) => {
        throw new Error(`${stdout ?? ""}${stderr ?? ""}` || message);
      });
    },
  };
  const watch = (name: string, probe: Probe | undefined, tell: (succeeds: boolean) => void) => {
    if (!probe) return;
    let before: boolean | undefined;
    const hear = (succeeds: boolean, reason: string) => {
      if (!succeeds) place.event("Unhealthy", `${name} probe failed: ${reason}`, "Warning");
      if (succeeds !== before) tell(succeeds);
      before = succeeds;
    };
    watchProbe(probe, probed, hear, signal);
  };
  const begin = () => {
    watch("Readiness", spec.readinessProbe, verdicts.ready);
    watch("Liveness", spec.livenessProbe, (succeeds) => {
      if (!succeeds) verdicts.failed("liveness");
    });
  };

  if (!spec.startupProbe) {
    begin();
    return;
  }
  let started = false;
  watch("Startup", spec.startupProbe, (succeeds) => {
    if (!succeeds && !started) verdicts.failed("startup");
    if (!succeeds || started) return;
    started = true;
    verdicts.started();
    begin();
  });
}
