import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A line means that the folder is gone already; the end of the pipe, that whoever used it died. */
const SWEEP = 'read -r _ && exit; for _ in 1 2 3; do rm -rf "$1"; sleep 1; done';

export type TemporaryFolder = AsyncDisposable & { readonly path: string };

/** A folder that goes when it is disposed of, or when this process dies, however it dies. */
export async function temporaryFolder(name: string): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), `playbook-${name}-`));
  const sweeper = spawn("/bin/sh", ["-c", SWEEP, "sweeper", path], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  sweeper.stdin.on("error", () => {});

  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
      sweeper.stdin.end("gone\n");
    },
  };
}
