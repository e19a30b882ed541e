import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { tool } from "../../../../scripts/tools.ts";

export type CommandOptions = {
  /** Whose kubeconfig; the administrator's without one. */
  kubeconfig?: string;
  input?: string;
  /** Variables that the program gets besides. */
  env?: Record<string, string>;
};

export type Clients = {
  /** Its standard output; an exit code other than 0 is an error that has what it wrote. */
  kubectl(args: string[], options?: CommandOptions): Promise<string>;
  helm(args: string[], options?: CommandOptions): Promise<string>;
};

/** Where `kubectl` and `helm` are: a folder for a PATH. */
export async function clientsFolder(): Promise<string> {
  return dirname(await tool("kubectl"));
}

export function clientsOf(admin: string): Clients {
  const command =
    (name: string) =>
    async (args: string[], { kubeconfig = admin, input = "", env }: CommandOptions = {}) =>
      run(join(await clientsFolder(), name), args, { kubeconfig, input, env });
  return { kubectl: command("kubectl"), helm: command("helm") };
}

type Given = Required<Omit<CommandOptions, "env">> & Pick<CommandOptions, "env">;

async function run(command: string, args: string[], { kubeconfig, input, env }: Given) {
  const { PATH = "/usr/bin:/bin" } = process.env;
  const HOME = dirname(kubeconfig);
  const child = spawn(command, args, { env: { PATH, HOME, KUBECONFIG: kubeconfig, ...env } });
  child.stdin.on("error", () => {}).end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  if (code === 0) return stdout;
  throw new Error(`${args.slice(0, 2).join(" ")} ended with ${code}: ${stderr}${stdout}`);
}
