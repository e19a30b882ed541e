import { shell } from "./shell.ts";

/** gnd, which npm has for each system as a package of its own; one of them is known here. */
export async function unpackGraphNode(tarball: string, home: string): Promise<void> {
  if (process.arch !== "x64") throw new Error("its package has it for x64 alone");
  await shell("tar", ["-xzf", tarball, "-C", home, "--strip-components=1"]);
}
