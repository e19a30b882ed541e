import { createHash } from "node:crypto";
import { NODES_FILE, OTHERS, type Own } from "./held-keys.ts";
import { containersOf } from "./manifest.ts";
import type { Files } from "./mounts.ts";
import { scriptOf } from "./script.ts";
import type { Workload } from "./workload.ts";

const INJECTED = /^vault\.hashicorp\.com\/agent-inject-(secret|template)-(.+)$/;

/** The key files that Vault's agent puts into a pod, by the annotations that ask for them. */
export function injectedBy({ notes }: Workload): Own[] {
  const asked = Object.entries(notes).flatMap(([name, written]) => {
    const [, what, file = ""] = INJECTED.exec(name) ?? [];
    return what === undefined ? [] : [{ what, file, written: `${written}` }];
  });
  return asked
    .filter(({ what, file }) => what === "secret" && NODES_FILE.test(file) && !OTHERS.test(file))
    .map(({ file, written: path }) => {
      const template = asked.find((one) => one.what === "template" && one.file === file)?.written;
      const source = { kind: "Vault secret", name: path, entry: null };
      const digest = createHash("sha256")
        .update(JSON.stringify([path, template]))
        .digest("hex");
      return { source, isSure: !/\benv\b/.test(template ?? ""), digest };
    });
}

/** How the programs of secret stores are asked for one: what it is called comes last. */
const ASKED = [
  /\bsecretsmanager\s+get-secret-value\b[^\n;|&]*?--secret-id[\s=]+/,
  /\bssm\s+get-parameter\b[^\n;|&]*?--name[\s=]+/,
  /\bgcloud\s+secrets\s+versions\s+access\b[^\n;|&]*?--secret[\s=]+/,
  /\bvault\s+(?:kv\s+get|read)\s+(?:-\S+\s+)*/,
].map((asked) => new RegExp(`${asked.source}["']?([^\\s"'|;&)]+)`, "g"));

const NODES_SECRET = /(?:^|[/_.-])(?:net|bls)(?:$|[/_.-])|priv|validator|signer|consensus/i;

/** The secrets of a store that a pod fetches by a program, whichever pod it is. */
export function fetchedBy(workload: Workload, files: Files): Own[] {
  const names = containersOf(workload.pod).flatMap((container) => {
    const script = scriptOf(workload, container, files);
    return ASKED.flatMap((asked) => [...script.matchAll(asked)].map(([, name = ""]) => name));
  });
  const own = names.filter((name) => NODES_SECRET.test(name) && !OTHERS.test(name));
  return [...new Set(own)].map((name) => ({
    source: { kind: "Stored secret", name, entry: null },
    isSure: !name.includes("$"),
  }));
}
