import { writeFile } from "node:fs/promises";

export type Access = { url: string; ca: string; token: string };

/** Writes a file for kubectl, Helm and every other client, readable by its owner alone. */
export async function writeKubeconfig(path: string, { url, ca, token }: Access): Promise<void> {
  const authority = Buffer.from(ca).toString("base64");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "world", cluster: { server: url, "certificate-authority-data": authority } },
    ],
    users: [{ name: "user", user: { token } }],
    contexts: [{ name: "world", context: { cluster: "world", user: "user" } }],
    "current-context": "world",
  };
  await writeFile(path, JSON.stringify(config, undefined, 2), { mode: 0o600 });
}
