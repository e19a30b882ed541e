export type Additions = {
  release: string;
  /** Path of the configuration; null where there is none. */
  config: string | null;
  /** What its code may connect to; undefined where that is left to the edge. */
  connect?: string | undefined;
};

/** How a page names its release; it is also how a page is known to be of a release. */
export function releaseTag(release: string): string {
  return `<meta name="playbook-release" content="${release}">`;
}

function configTags(config: string): string {
  return (
    `<meta name="playbook-config" content="${config}">` +
    `<link rel="preload" as="fetch" crossorigin href="${config}" data-config>`
  );
}

/**
 * It holds beside the edge's policy, and is as old as the page: a release and its way back have it.
 */
function policyTag(connect: string): string {
  return `<meta http-equiv="Content-Security-Policy" content="connect-src ${connect}">`;
}

/**
 * Whether it is a page and no part of one, nor the few words by which a search engine knows whose a
 * site is: of those nothing may be changed.
 */
export function isDocument(page: Uint8Array): boolean {
  const text = Buffer.from(page).toString("latin1");
  return /<(!doctype|html|head|title|body)(?=[\s>/])/i.test(withoutComments(text));
}

/**
 * A page with what this release adds to its head. Byte for byte the page is as it was: where it
 * goes is all that is read of it, and HTML that leaves `<head>` out is HTML too.
 */
export function withAdditions(page: Uint8Array, additions: Additions): Buffer {
  const { release, config, connect } = additions;
  const text = Buffer.from(page).toString("latin1");
  const at = headOf(text);
  const tags = [
    releaseTag(release),
    ...(connect === undefined ? [] : [policyTag(connect)]),
    ...(config === null ? [] : [configTags(config)]),
  ].join("");
  return Buffer.from(text.slice(0, at) + tags + text.slice(at), "latin1");
}

/** Where the head's content begins. */
function headOf(text: string): number {
  const bare = withoutComments(text);
  const before = [
    /<head(?=[\s>/])("[^"]*"|'[^']*'|[^'">])*>/i,
    /<html(?=[\s>/])("[^"]*"|'[^']*'|[^'">])*>/i,
    /^(\u00ef\u00bb\u00bf)?\s*<!doctype[^>]*>/i,
    /^\u00ef\u00bb\u00bf/,
  ];
  for (const tag of before) {
    const found = tag.exec(bare);
    if (found) return found.index + found[0].length;
  }
  return 0;
}

/** Comments can hold anything, and count as nothing. */
function withoutComments(text: string): string {
  return text.replaceAll(/<!--[\s\S]*?(-->|$)/g, (comment) => " ".repeat(comment.length));
}
