import type { Ism, StandingIsm } from "./model.ts";

/** The modules that a module asks. */
export function modulesOf(ism: StandingIsm): StandingIsm[];
export function modulesOf(ism: Ism): Ism[];
export function modulesOf(ism: Ism | StandingIsm): (Ism | StandingIsm)[] {
  if ("routes" in ism) return ism.routes.map((route) => route.ism);
  if ("modules" in ism) return ism.modules;
  if (ism.type === "amountRoutingIsm") return [ism.lower, ism.upper];
  return [];
}
