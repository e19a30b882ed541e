import { createHash } from "node:crypto";
import { posix } from "node:path";
import { containersOf } from "../manifest.ts";
import type { Files } from "../pods/mounts.ts";
import { scriptOf } from "../pods/script.ts";
import type { Workload } from "../pods/workload.ts";
import { NODES_FILE, OTHERS, type Own } from "./held-keys.ts";

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

type Asked = { name: string; field: string | null; files: string[] };

/** The secrets of a store that a pod fetches by a program, whichever pod it is. */
export function fetchedBy(workload: Workload, files: Files): Own[] {
  const asked = containersOf(workload.pod).flatMap((container) =>
    askedIn(scriptOf(workload, container, files)),
  );
  const own = asked.filter(
    ({ name, files }) =>
      (NODES_SECRET.test(name) || files.some((file) => NODES_FILE.test(posix.basename(file)))) &&
      ![name, ...files].some((one) => OTHERS.test(one)),
  );
  const all = new Map(own.map(({ name, field }) => [`${name} ${field}`, { name, field }]));
  return [...all.values()].map(({ name, field }) => ({
    source: { kind: "Stored secret", name, entry: field },
    isSure: !`${name}${field}`.includes("$"),
  }));
}

/** What a command writes what it is told to. */
const WRITES = /(?:>|\btee\s+(?:-\S+\s+)*|--out-file[=\s])\s*["']?([^\s"'|&;)>]+)/g;

/** The part of a secret that is taken out of all that is told. */
const FIELDS = [
  /\bjq\s+(?:-\S+\s+)*(?:'([^']+)'|"([^"]+)"|([^\s"'|]+))/,
  /\s-field[=\s]["']?([^\s"']+)/,
  /\|\s*((?:yq|cut|sed|awk|grep|head|tail|python3?)\b[^|>]*[^|>\s])/,
];

function fieldIn(command: string): string | null {
  const found = FIELDS.flatMap((field) => field.exec(command)?.slice(1) ?? []);
  return found.find((field) => field !== undefined) ?? null;
}

function askedIn(script: string): Asked[] {
  return ASKED.flatMap((asked) =>
    [...script.matchAll(asked)].map(({ 0: whole, 1: name = "", index }) => {
      const after = script.slice(index + whole.length).split(/\n|;|&&|\|\|/)[0] ?? "";
      const files = [...after.matchAll(WRITES)].map(([, file = ""]) => file);
      return { name, field: fieldIn(whole + after), files };
    }),
  );
}
