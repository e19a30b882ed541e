import { ActionError } from "@playbook/action";
import { getDomain } from "tldts";

type Sites = {
  /** With `{preview}` as the first label of its host. */
  url: string;
  productionUrl: string;
  bucket: string;
  productionBucket?: string | undefined;
  keyValueStore: string;
  productionKeyValueStore?: string | undefined;
};

/**
 * Refuses previews that are not apart from production: what runs on a host can reach the cookies of
 * its registrable domain, and a preview is anybody's code. Throws `preview-not-apart`.
 */
export function checkApart(sites: Sites): void {
  const own = domainOf(addressFor(sites.url, "pr-1"));
  const production = domainOf(sites.productionUrl);
  if (own === null) {
    throw notApart(
      `${sites.url} is below no domain of its own.`,
      "Each preview has a host of its own, which an address or a public suffix cannot give.",
    );
  }
  if (own === production) {
    throw notApart(
      `Previews and production are both on ${own}.`,
      "A page of one could set cookies for the other, and a preview is anybody's code.",
    );
  }
  if (sites.bucket === sites.productionBucket) throw sameAs("bucket", sites.bucket);
  if (sites.keyValueStore === sites.productionKeyValueStore) {
    throw sameAs("KeyValueStore", sites.keyValueStore);
  }
}

/** The address of one preview. */
export function addressFor(url: string, key: string): string {
  return url.replace("{preview}", key);
}

/** As browsers draw the line: by the whole list of public suffixes, those of companies too. */
function domainOf(url: string): string | null {
  return getDomain(url, { allowPrivateDomains: true });
}

function sameAs(what: string, name: string): ActionError {
  return notApart(`Previews and production have one ${what}, ${name}.`, "They share nothing.");
}

/** The store or the bucket turned out to be a release's. */
export function isOfReleases(what: string): ActionError {
  return notApart(`${what} is of a site's releases.`, "Previews have a stack of their own.");
}

function notApart(what: string, why: string): ActionError {
  return new ActionError("preview-not-apart", {
    what,
    why,
    next: "Deploy the template once more with `Serves: previews`, on a domain of its own.",
  });
}
