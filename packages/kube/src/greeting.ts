import type { Duplex } from "node:stream";
import { ActionError, type Context } from "@playbook/action";
import type { Connection } from "./connection.ts";
import { open, type PodPort } from "./pod-socket.ts";

/** A frame begins with its length. */
const LENGTH_BYTES = 4;

const GREETING_MS = 5_000;
const LARGEST = 64 * 1024;

/**
 * The first frame that a program in a pod sends to whoever connects to it, whole or as far as it
 * comes in time; null when nothing answers there. Nothing is said to it.
 */
export async function greetingOf(
  connection: Connection,
  target: PodPort,
  { signal }: Pick<Context, "signal">,
): Promise<Buffer | null> {
  try {
    const socket = await open(connection, target);
    const late = AbortSignal.any([signal, AbortSignal.timeout(GREETING_MS)]);
    try {
      return await firstFrame(socket, late);
    } finally {
      socket.on("error", () => {});
      socket.destroy();
    }
  } catch (error) {
    if (error instanceof ActionError || signal.aborted) throw error;
    return null;
  }
}

async function firstFrame(socket: Duplex, late: AbortSignal): Promise<Buffer | null> {
  let read = Buffer.alloc(0);
  const end = () => socket.destroy();
  late.addEventListener("abort", end, { once: true });
  try {
    for await (const part of socket) {
      read = Buffer.concat([read, part as Buffer]);
      if (isWhole(read)) break;
    }
  } catch {
    // A connection that ends early has said what it has said.
  } finally {
    late.removeEventListener("abort", end);
  }
  return read.length > 0 ? read : null;
}

function isWhole(read: Buffer): boolean {
  if (read.length < LENGTH_BYTES) return false;
  return read.length >= Math.min(LARGEST, LENGTH_BYTES + read.readUInt32BE(0));
}
