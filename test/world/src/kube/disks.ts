import { randomBytes } from "node:crypto";
import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject } from "./object.ts";

export type DiskFault = {
  do: "create volume" | "create snapshot";
  /** As the driver tells it. */
  message: string;
  /** How many tries fail; a driver tries again. 1 by default. */
  times?: number;
};

type Snapshot = { handle: string; bytes: number; takenAt: Date };

/**
 * An account's disks and their snapshots, each a folder. Clusters that share them restore each
 * other's, as clusters of one AWS account do.
 */
export class Disks {
  readonly dir: string;
  readonly #snapshots = new Map<string, Snapshot>();
  #faults: DiskFault[] = [];
  /** How long a snapshot takes to become ready once it has been taken. */
  snapshotMs = 300;

  constructor(dir: string) {
    this.dir = dir;
  }

  /** Where the contents of a persistent volume are, whoever made it. */
  folderOf({ metadata, spec }: KubeObject): string {
    return this.#volume(spec.csi?.volumeHandle ?? metadata.name);
  }

  fault(fault: DiskFault): void {
    this.#faults.push({ times: 1, ...fault });
  }

  calm(): void {
    this.#faults = [];
  }

  /** Makes a disk of the given handle, empty or from a snapshot. */
  async create(handle: string, snapshot?: string): Promise<void> {
    this.#strike("create volume");
    const folder = this.#volume(handle);
    if (snapshot === undefined) await mkdir(folder, { recursive: true });
    else await copy(this.#snapshot(snapshot), folder);
  }

  async remove(handle: string): Promise<void> {
    await rm(this.#volume(handle), { recursive: true, force: true });
  }

  /** Keeps what a disk holds now. It can be restored from as soon as `ready` has resolved. */
  async take(volume: string, bytes: number): Promise<Snapshot> {
    this.#strike("create snapshot");
    const handle = `snap-0${randomBytes(8).toString("hex")}`;
    await copy(this.#volume(volume), this.#snapshot(handle));
    const snapshot = { handle, bytes, takenAt: new Date() };
    this.#snapshots.set(handle, snapshot);
    return snapshot;
  }

  async ready({ takenAt }: Snapshot): Promise<void> {
    const left = takenAt.getTime() + this.snapshotMs - Date.now();
    if (left > 0) await sleep(left);
  }

  find(snapshot: string): Snapshot | undefined {
    return this.#snapshots.get(snapshot);
  }

  async forget(snapshot: string): Promise<void> {
    this.#snapshots.delete(snapshot);
    await rm(this.#snapshot(snapshot), { recursive: true, force: true });
  }

  #volume(handle: string): string {
    return join(this.dir, "volumes", handle);
  }

  #snapshot(handle: string): string {
    return join(this.dir, "snapshots", handle);
  }

  #strike(what: DiskFault["do"]): void {
    const fault = this.#faults.find((it) => it.do === what && (it.times ?? 0) > 0);
    if (!fault) return;
    fault.times = (fault.times ?? 1) - 1;
    throw new DriverError(fault.message);
  }
}

/** What a driver says when it cannot do what it was asked. */
export class DriverError extends Error {
  override readonly name = "DriverError";
}

async function copy(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await cp(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
}
