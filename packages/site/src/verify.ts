import {
  ActionError,
  type Answer,
  ask,
  type Context,
  connectionError,
  reason,
} from "@playbook/action";
import { digestOf } from "@playbook/state";
import { FOREVER } from "./cache.ts";
import { releaseTag } from "./html.ts";
import { isPage, type Manifest, type ReleaseFile } from "./manifest.ts";
import { policyWarnings } from "./policy-warnings.ts";
import { addressOf } from "./routes.ts";

/**
 * How often the site is asked before it is given up, and how long after an answer that is wrong.
 */
const TRIES = 60;
/**
 * How many looks in a row have to be right: an edge's machines hear of a switch at different times.
 */
const IN_A_ROW = 2;
const PAUSE_MS = 2_000;
const TIMEOUT_MS = 10_000;

type Asked = {
  url: string;
  manifest: Manifest;
  /** How many requests for the page each look makes. */
  times: number;
  /** Whether the distribution is the template's, which passes headers on as they are. */
  isOurs: boolean;
  /** Asked after each answer that is wrong: whether something else is to be shown by now. */
  isMoot?: () => Promise<boolean>;
  context: Context;
};

/** What was answered last, by the files' paths. */
type Seen = Map<string, Answer>;

/** What is wrong with what a site shows, and whether it stays so however often it is asked. */
type Fault = { why: string; lasts: boolean };

/**
 * Answers in which somebody between the run and the site wants it to say who it is. A 403 is none
 * of them: an edge keeps one for a while after what was missing is there.
 */
const LASTING = [401, 407];

/** An edge that was not told of a domain yet shows its own certificate. */
const OTHER_NAMES = "ERR_TLS_CERT_ALTNAME_INVALID";

/**
 * Looks at a release through its distribution until it was right several times in a row: reads at
 * the edge are consistent only after a while. Returns what is wrong with it when that takes too
 * long, and at once what cannot mend itself.
 */
export async function faultAt(asked: Asked): Promise<string | undefined> {
  const { url, manifest, context } = asked;
  const seen: Seen = new Map();
  let fault: Fault | undefined;
  for (let tries = 0; tries < TRIES; tries += 1) {
    fault = await faultInARow(asked, seen);
    if (fault === undefined) {
      warn(asked, seen);
      return undefined;
    }
    if (fault.lasts || (await asked.isMoot?.())) return fault.why;
    if (tries === 0) context.progress(`Awaiting ${manifest.release} at ${url}: ${fault.why}`);
    await context.clock.sleep(PAUSE_MS, context.signal);
  }
  return fault?.why;
}

function warn({ url, manifest: { config }, context }: Asked, seen: Seen): void {
  const page = seen.get("index.html") as Answer;
  const told = config === null ? undefined : seen.get(config.slice(1))?.body;
  for (const warning of policyWarnings(url, page, told)) context.warn(warning);
}

async function faultInARow(asked: Asked, seen: Seen): Promise<Fault | undefined> {
  for (let right = 0; right < IN_A_ROW; right += 1) {
    const fault = await look(asked, seen);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Each request has a connection of its own, which may lead to another of the edge's machines. */
async function look({ url, times, ...asked }: Asked, seen: Seen): Promise<Fault | undefined> {
  const { manifest, context } = asked;
  const pages = Array<ReleaseFile>(times).fill(pageOf(manifest));
  const files = [...pages, ...samplesOf(manifest)];
  const faults = files.map(async (file) => {
    const address = file.path === "index.html" ? `${url}/` : url + addressOf(file.path);
    try {
      const headers = { "cache-control": "no-cache", accept: "*/*" };
      const question = { headers, timeoutMs: TIMEOUT_MS, signal: context.signal };
      const answer = await ask(address, question);
      seen.set(file.path, answer);
      return faultIn(answer, file, { ...asked, address });
    } catch (error) {
      if (context.signal.aborted) throw context.signal.reason;
      return unreachable(address, error);
    }
  });
  const found = (await Promise.all(faults)).filter((fault) => fault !== undefined);
  return found.find(({ lasts }) => lasts) ?? found[0];
}

/** What is wrong where there is no answer at all. */
export function unreachable(address: string, error: unknown): Fault {
  const { code } = (error ?? {}) as { code?: unknown };
  const known = code === OTHER_NAMES ? undefined : connectionError(new URL(address).host, error);
  if (!known) return { why: `${address} does not answer: ${reason(error)}`, lasts: false };
  // What is over or revoked is no better for whoever trusts its CA.
  const advice = String(code).startsWith("CERT_") ? "" : ` ${known.next}`;
  return { why: `${known.what} ${known.why}.${advice}`, lasts: true };
}

function pageOf({ files }: Manifest): ReleaseFile {
  return files.find(({ path }) => path === "index.html") as ReleaseFile;
}

/**
 * One file that releases share, or any beside the pages where they share none, and the
 * configuration; of text, which can be compared.
 */
function samplesOf({ files, config, routes }: Manifest): ReleaseFile[] {
  const isAsset = (file: ReleaseFile) => (routes.isolated ? !isPage(file) : file.cache === FOREVER);
  const assets = files.filter((file) => file.type.includes("charset") && isAsset(file));
  const asset = assets.find(({ path }) => `/${path}` !== config);
  return [asset, files.find(({ path }) => `/${path}` === config)].filter((file) => !!file);
}

/** What is wrong with an answer; undefined when it is right. */
export function faultIn(answer: Answer, file: ReleaseFile, asked: Judged): Fault | undefined {
  const why = wordsFor(answer, file, asked);
  return why === undefined ? undefined : { why, lasts: LASTING.includes(answer.status) };
}

type Judged = Pick<Asked, "manifest" | "isOurs"> & { address: string };

function wordsFor(
  { status, headers, body }: Answer,
  { path, type, cache, digest }: ReleaseFile,
  { manifest, isOurs, address }: Judged,
): string | undefined {
  if (LASTING.includes(status))
    return `${address} answers ${status}: nobody may look at it without saying who they are.`;
  if (status !== 200) return `${address} answers ${status}.`;
  if (headers["content-type"] !== type) {
    return `${address} is ${headers["content-type"] ?? "of no type"}, not ${type}.`;
  }
  if (isOurs && headers["cache-control"] !== cache) {
    return `${address} has Cache-Control ${headers["cache-control"] ?? "of none"}, not ${cache}.`;
  }
  if (path === "index.html" && !body.includes(releaseTag(manifest.release))) {
    const [, other] = /<meta name="playbook-release" content="([\w.-]+)">/.exec(body) ?? [];
    return `${address} is a page of ${other ?? "no release"}.`;
  }
  // Of bytes that are no UTF-8 nothing is left to compare.
  const isSame = body.includes("\ufffd") || digestOf(body) === digest;
  return isSame ? undefined : `${address} has another content.`;
}

export function unserved(release: string, url: string, why: string, then: string): ActionError {
  return new ActionError("release-unserved", {
    what: `${url} does not show release ${release} as it should be. ${then}`,
    why,
    next: "Look at the distribution and its DNS record; `verify: 0` releases without looking.",
  });
}
