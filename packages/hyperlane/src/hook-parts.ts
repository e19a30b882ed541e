import type { Hook, StandingHook } from "./model.ts";

/** The hooks that a hook hands messages on to. */
export function partsOf(hook: StandingHook): StandingHook[];
export function partsOf(hook: Hook): Hook[];
export function partsOf(hook: Hook | StandingHook): (Hook | StandingHook)[] {
  switch (hook.type) {
    case "aggregationHook":
      return hook.hooks;
    case "domainRoutingHook":
      return hook.ways.map((way) => way.hook);
    case "fallbackRoutingHook":
      return [...hook.ways.map((way) => way.hook), hook.fallback];
    case "amountRoutingHook":
      return [hook.lower, hook.upper];
    default:
      return [];
  }
}
