import { ActionError } from "./error.ts";

const GITHUB = "https://github.com";
const ARCHITECTURES = ["x64", "arm64"];
const SYSTEMS: Partial<Record<string, string>> = { darwin: "macOS", win32: "Windows" };

type Place = Pick<NodeJS.Process, "env" | "platform" | "arch">;

/**
 * Throws `unsupported-server` or `unsupported-machine` in a job that the actions are not made for.
 * Whoever starts one from a terminal may do so anywhere.
 */
export function checkRunner({ env, platform, arch }: Place): void {
  if (!env.GITHUB_ACTIONS) return;
  const { GITHUB_SERVER_URL: server = GITHUB } = env;
  if (server !== GITHUB) {
    throw new ActionError("unsupported-server", {
      what: `This job belongs to ${server}.`,
      why: "The actions are made for github.com: not for Enterprise Server or ghe.com.",
      next: "Run the workflow from a repository on github.com.",
    });
  }
  if (platform !== "linux") {
    throw new ActionError("unsupported-machine", {
      what: `This runner's system is ${SYSTEMS[platform] ?? platform}.`,
      why: "The actions are made for Linux only.",
      next: "Use runs-on: ubuntu-latest, or a self-hosted Linux runner.",
    });
  }
  if (!ARCHITECTURES.includes(arch)) {
    throw new ActionError("unsupported-machine", {
      what: `This runner's architecture is ${arch}.`,
      why: `The actions are made for ${ARCHITECTURES.join(" and ")} only.`,
      next:
        "Use runs-on: ubuntu-latest or ubuntu-24.04-arm, or a " +
        "self-hosted runner of these kinds.",
    });
  }
}
