import type { EdgeFunction } from "./function.ts";
import type { Invalidations } from "./invalidations.ts";
import type { KeyValueStore } from "./key-value-store.ts";

/** Times are in seconds. The cache's key is the path, and the encoding that the viewer gets. */
export type CachePolicy = {
  min: number;
  default: number;
  max: number;
  gzip: boolean;
  brotli: boolean;
};

export type HeaderRule = {
  name: string;
  /** The same for all, or for whoever asks from an origin; for some there is none. */
  value: string | ((origin: string | undefined) => string | undefined);
  override: boolean;
};

export type Behaviour = {
  /** The paths that it is for; the default one's is `*`. */
  pattern: string;
  bucket: string;
  /** Whether CloudFront signs its requests to the bucket. */
  signs: boolean;
  methods: string[];
  compresses: boolean;
  caching: CachePolicy;
  headers: HeaderRule[];
  viewerRequest?: EdgeFunction;
};

export type Distribution = {
  id: string;
  arn: string;
  domain: string;
  aliases: string[];
  comment: string;
  madeAt: Date;
  /** The default one last. */
  behaviours: Behaviour[];
  /** Seconds that an error is kept, by its status, where it is not CloudFront's default. */
  errorSeconds: Map<number, number>;
  invalidations: Invalidations;
};

/** All that the account has at CloudFront, by id, ARN or name, as templates refer to it. */
export class CloudFront {
  readonly accessControls = new Set<string>();
  readonly cachePolicies = new Map<string, CachePolicy>();
  readonly headersPolicies = new Map<string, HeaderRule[]>();
  readonly functions = new Map<string, EdgeFunction>();
  readonly stores = new Map<string, KeyValueStore>();
  readonly distributions = new Map<string, Distribution>();
  /** For each edge location, how many reads of a store still see what was before a write. */
  lags: number[] = [0];

  /** By its id, its domain or one of its other names; one that says all of it goes before `*`. */
  find(name: string): Distribution | undefined {
    const all = [...this.distributions.values()];
    return (
      all.find(({ id, domain, aliases }) => [id, domain, ...aliases].includes(name)) ??
      all.find(({ aliases }) => aliases.some((alias) => isBelow(name, alias)))
    );
  }
}

/** An alias that begins with `*.` is every name below what follows. */
function isBelow(name: string, alias: string): boolean {
  return alias.startsWith("*.") && name.endsWith(alias.slice(1)) && name.length >= alias.length;
}
