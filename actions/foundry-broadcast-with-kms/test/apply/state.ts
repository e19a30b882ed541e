import { GetObjectCommand, ListObjectVersionsCommand, S3Client } from "@aws-sdk/client-s3";
import type { Chain } from "@playbook/world";
import { faultsOf } from "../../../../packages/evm/test/auditor.ts";
import type { Office, Planned } from "./office.ts";

export type Looked = Pick<Office, "aws" | "Bucket" | "signer" | "chains">;

/** Every version of every object of the bucket, as `key version`. */
export async function objects({ aws, Bucket }: Looked): Promise<string[]> {
  const s3 = new S3Client(aws.clientConfig());
  const found: string[] = [];
  let KeyMarker: string | undefined;
  let VersionIdMarker: string | undefined;
  do {
    const command = new ListObjectVersionsCommand({ Bucket, KeyMarker, VersionIdMarker });
    const page = await s3.send(command);
    found.push(...(page.Versions ?? []).map(({ Key, VersionId }) => `${Key} ${VersionId}`));
    ({ NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page);
  } while (KeyMarker);
  s3.destroy();
  return found;
}

export type Entry = {
  kind?: string;
  chain?: string;
  plan?: string;
  chains?: Record<string, unknown>;
};

/**
 * The entries of a log in the bucket, in order; whatever stands between `contracts/` and theirs.
 */
export async function entries(office: Looked, part: string): Promise<Entry[]> {
  const { aws, Bucket } = office;
  const s3 = new S3Client(aws.clientConfig());
  const keys = (await objects(office)).flatMap((one) => one.split(" ")[0] ?? []);
  const own = keys.filter((key) => key.includes(part)).sort();
  const texts = own.map(async (Key) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return JSON.parse((await Body?.transformToString()) ?? "null") as Entry;
  });
  return Promise.all(texts);
}

/** The history of a release, as words: `planned`, `chain-done chain5`, `finished`. */
export async function history(office: Looked, { made }: Planned): Promise<string[]> {
  const { environment, release, part = 1 } = made.deployment;
  const name = part === 1 ? release : `${release}_part-${part}`;
  const found = await entries(office, `/deployments/acme/counter/${environment}/${name}/`);
  return found.map(({ kind, chain }) => [kind, chain].filter(Boolean).join(" "));
}

/** How many manifests of the environment are a release's own. */
export async function manifestsOf(office: Looked, { digest }: Planned): Promise<number> {
  const all = await entries(office, "/environments/acme/counter/production/");
  return all.filter(({ plan }) => plan === digest).length;
}

/**
 * What is wrong with a release that is said to be complete: on the chains, judged from raw blocks,
 * and in the bucket. Empty when nothing is.
 */
export async function faultsIn(office: Looked, planned: Planned): Promise<string[]> {
  const { made, from } = planned;
  const chains = made.chains.map(
    ({ name }) => office.chains.find((chain) => chain.name === name) as Chain,
  );
  const onChains = chains.map(async (chain, index) => {
    const steps = made.steps.filter((step) => step.chain === chain.name);
    const counter = steps[0]?.creates[0]?.address ?? "";
    const since = (from[index] ?? 0) + 1;
    const faults = await faultsOf(chain, office.signer, steps, counter, since);
    return faults.map((fault) => `${chain.name}: ${fault}`);
  });
  const ends = made.chains.map(({ name }) => `chain-done ${name}`).sort();
  const [first, ...rest] = await history(office, planned);
  const last = rest.pop();
  const told = [first, ...rest.sort(), last].join(", ");
  const wanted = ["planned", ...ends, "finished"].join(", ");
  const manifests = await manifestsOf(office, planned);
  return [
    ...(await Promise.all(onChains)).flat(),
    ...(told === wanted ? [] : [`its history is: ${told}`]),
    ...(manifests === 1 ? [] : [`it has ${manifests} manifests`]),
  ];
}
