import { type ChildProcess, spawn } from "node:child_process";

/** Runs a command to its end; its output appears only when it fails. */
export function shell(
  command: string,
  args: string[],
  env: Record<string, string> = {},
  cwd = process.cwd(),
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    let all = "";
    child.stdout?.on("data", (data) => {
      out += data;
      all += data;
    });
    child.stderr?.on("data", (data) => {
      all += data;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`${command} ${args[0]} ended with ${code}:\n${all.slice(-4000)}`));
    });
  });
}
