import type { Backend } from "./backend.ts";

export async function startFast(_dir?: string): Promise<Backend> {
  throw new Error("not yet");
}
