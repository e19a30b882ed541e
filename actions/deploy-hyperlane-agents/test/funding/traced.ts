import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Aws, type Chain, startProcess } from "@playbook/world";
import {
  type Death,
  type Effect,
  WATCH,
  type Watch,
} from "../../../foundry-broadcast-with-kms/test/apply/kill/effect.ts";
import type { Given } from "./pay.ts";

export type Traced = { given: Given; dir: string; aws: Aws; chains: Chain[]; death?: Death };

const program = fileURLToPath(new URL("./process.ts", import.meta.url));
const recorder = fileURLToPath(
  new URL("../../../foundry-broadcast-with-kms/test/apply/kill/recorder.ts", import.meta.url),
);

/** Pays agents in a process of its own, to its end or its death. */
export async function payTraced(traced: Traced) {
  const { given, dir } = traced;
  const file = join(dir, "given.json");
  await writeFile(file, JSON.stringify(given));
  const watch = watchOf(traced);
  const started = await start(file, traced.aws, watch);
  const { code, signal } = await started.exited;
  const lines = (await readFile(watch.log, "utf8")).trim().split("\n");
  const effects = lines.map((one) => JSON.parse(one) as Effect);
  return { code, signal, output: started.output(), effects };
}

function watchOf({ given, dir, aws, chains, death }: Traced): Watch {
  const path = given.state.replace("s3://", "");
  const hosts = [
    [new URL(aws.url).host, "aws"],
    ...chains.map(({ url, name }) => [new URL(url).host, name]),
  ];
  return {
    log: join(dir, `effects-${basename(path)}`),
    hosts: Object.fromEntries(hosts),
    own: [path, path.slice(path.indexOf("/") + 1)],
    death,
  };
}

function start(file: string, aws: Aws, watch: Watch) {
  const { PATH = "", HOME = "" } = process.env;
  return startProcess({
    name: "fund",
    command: process.execPath,
    args: ["--disable-warning=ExperimentalWarning", `--import=${recorder}`, program, file],
    env: {
      ...{ PATH, HOME, AWS_ENDPOINT_URL: aws.url, ...aws.environment(aws.admin) },
      [WATCH]: JSON.stringify(watch),
    },
  });
}
