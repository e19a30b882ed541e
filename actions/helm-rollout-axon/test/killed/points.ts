import { whole } from "../../../../test/proof.ts";
import type { Point } from "./victim.ts";

/** Every request on both sides of its effect, or some of them, as far apart as can be. */
export function pointsOf(requests: number, samples: number): Point[] {
  const all = Array.from({ length: 2 * requests }, (_, at): Point => {
    return { request: 1 + Math.floor(at / 2), phase: at % 2 === 0 ? "before" : "after" };
  });
  if (whole) return all;
  const step = all.length / samples;
  return Array.from({ length: samples }, (_, at) => all[Math.floor((at + 0.5) * step)] as Point);
}
