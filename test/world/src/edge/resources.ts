import { randomId } from "../aws/keyring.ts";
import { onlyKnown } from "../aws/template/document.ts";
import type { Maker, Place } from "../aws/template/resources.ts";
import type { Behaviour, CachePolicy } from "./cloudfront.ts";
import { EdgeFunction } from "./function.ts";
import { makeHeadersPolicy } from "./headers.ts";
import { Invalidations } from "./invalidations.ts";
import { KeyValueStore } from "./key-value-store.ts";

/** CloudFront's resources in templates. */
export const cloudfrontTypes: Record<string, Maker> = {
  "AWS::CloudFront::CachePolicy": { properties: ["CachePolicyConfig"], make: makeCachePolicy },
  "AWS::CloudFront::Distribution": {
    properties: ["DistributionConfig", "Tags"],
    make: makeDistribution,
  },
  "AWS::CloudFront::Function": {
    properties: ["AutoPublish", "FunctionCode", "FunctionConfig", "Name"],
    make: makeFunction,
  },
  "AWS::CloudFront::KeyValueStore": { properties: ["Comment", "Name"], make: makeStore },
  "AWS::CloudFront::OriginAccessControl": {
    properties: ["OriginAccessControlConfig"],
    make: makeAccessControl,
  },
  "AWS::CloudFront::ResponseHeadersPolicy": {
    properties: ["ResponseHeadersPolicyConfig"],
    make: makeHeadersPolicy,
  },
};

type AccessControl = {
  OriginAccessControlConfig: { SigningBehavior: string; OriginAccessControlOriginType: string };
};

async function makeAccessControl(properties: AccessControl, { account, existing }: Place) {
  const { SigningBehavior, OriginAccessControlOriginType } = properties.OriginAccessControlConfig;
  if (SigningBehavior !== "always" || OriginAccessControlOriginType !== "s3") {
    throw new Error("this world knows origin access control of S3 that always signs, and no other");
  }
  const id = existing?.id ?? `E${randomId(13)}`;
  account.cloudfront.accessControls.add(id);
  return { id, attributes: { Id: id } };
}

type CachePolicyProperties = {
  CachePolicyConfig: {
    MinTTL: number;
    DefaultTTL: number;
    MaxTTL: number;
    ParametersInCacheKeyAndForwardedToOrigin: {
      EnableAcceptEncodingGzip?: boolean;
      EnableAcceptEncodingBrotli?: boolean;
      HeadersConfig: { HeaderBehavior: string };
      CookiesConfig: { CookieBehavior: string };
      QueryStringsConfig: { QueryStringBehavior: string; QueryStrings?: string[] };
    };
  };
};

async function makeCachePolicy(properties: CachePolicyProperties, { account, existing }: Place) {
  const {
    MinTTL,
    DefaultTTL,
    MaxTTL,
    ParametersInCacheKeyAndForwardedToOrigin: key,
  } = properties.CachePolicyConfig;
  const { HeaderBehavior } = key.HeadersConfig;
  const { CookieBehavior } = key.CookiesConfig;
  const { QueryStringBehavior } = key.QueryStringsConfig;
  if ([HeaderBehavior, CookieBehavior, QueryStringBehavior].some((it) => it !== "none")) {
    throw new Error("this world knows caches whose key is the path and the encoding, and no other");
  }
  const id = existing?.id ?? randomId(20).toLowerCase();
  account.cloudfront.cachePolicies.set(id, {
    ...{ min: Number(MinTTL), default: Number(DefaultTTL), max: Number(MaxTTL) },
    gzip: key.EnableAcceptEncodingGzip === true,
    brotli: key.EnableAcceptEncodingBrotli === true,
  });
  return { id, attributes: { Id: id } };
}

async function makeStore({ Name }: { Name: string }, { account, existing }: Place) {
  const { cloudfront } = account;
  const arn = existing?.attributes.Arn ?? account.arn("cloudfront", `key-value-store/${storeId()}`);
  const store = cloudfront.stores.get(arn) ?? new KeyValueStore(arn, () => cloudfront.lags);
  cloudfront.stores.set(arn, store);
  return { id: Name, attributes: { Arn: arn, Id: store.id, Status: "READY" } };
}

function storeId(): string {
  const part = (length: number) => randomId(length).toLowerCase();
  return [part(8), part(4), part(4), part(4), part(12)].join("-");
}

type FunctionProperties = {
  Name: string;
  AutoPublish?: boolean;
  FunctionCode: string;
  FunctionConfig: {
    Comment: string;
    Runtime: string;
    KeyValueStoreAssociations?: { KeyValueStoreARN: string }[];
  };
};

async function makeFunction(properties: FunctionProperties, { account }: Place) {
  const { Name, AutoPublish, FunctionCode, FunctionConfig } = properties;
  const { Runtime, KeyValueStoreAssociations = [] } = FunctionConfig;
  if (Runtime !== "cloudfront-js-2.0") throw new Error(`this world has no runtime ${Runtime}`);
  if (!AutoPublish) throw new Error("this world knows functions that are published at once only");
  if (KeyValueStoreAssociations.length > 1) throw new Error("a function has one store at most");
  const [store] = KeyValueStoreAssociations.map(({ KeyValueStoreARN: arn }) => {
    const found = account.cloudfront.stores.get(arn);
    if (!found) throw new Error(`there is no key value store ${arn}`);
    return found;
  });
  const arn = account.arn("cloudfront", `function/${Name}`);
  account.cloudfront.functions.set(arn, new EdgeFunction(Name, FunctionCode, store));
  const attributes = { FunctionARN: arn, "FunctionMetadata.FunctionARN": arn, Stage: "LIVE" };
  return { id: arn, attributes };
}

type CacheBehaviour = {
  PathPattern?: string;
  TargetOriginId: string;
  ViewerProtocolPolicy: string;
  AllowedMethods?: string[];
  CachedMethods?: string[];
  Compress?: boolean;
  CachePolicyId: string;
  ResponseHeadersPolicyId?: string;
  FunctionAssociations?: { EventType: string; FunctionARN: string }[];
};

type Origin = {
  Id: string;
  DomainName: string;
  OriginAccessControlId?: string;
  S3OriginConfig?: { OriginAccessIdentity?: string };
};

type DistributionProperties = {
  DistributionConfig: {
    Aliases?: string[];
    CacheBehaviors?: CacheBehaviour[];
    Comment?: string;
    CustomErrorResponses?: { ErrorCode: number; ErrorCachingMinTTL?: number }[];
    DefaultCacheBehavior: CacheBehaviour;
    Origins: Origin[];
    ViewerCertificate?: { AcmCertificateArn?: string };
  };
};

const DISTRIBUTION = [
  ...["Aliases", "CacheBehaviors", "Comment", "CustomErrorResponses", "DefaultCacheBehavior"],
  ...["Enabled", "HttpVersion", "IPV6Enabled", "Logging", "Origins", "PriceClass"],
  "ViewerCertificate",
];
const BEHAVIOUR = [
  ...["AllowedMethods", "CachePolicyId", "CachedMethods", "Compress", "FunctionAssociations"],
  ...["PathPattern", "ResponseHeadersPolicyId", "TargetOriginId", "ViewerProtocolPolicy"],
];

async function makeDistribution(
  { DistributionConfig: config }: DistributionProperties,
  place: Place,
) {
  const { account, existing } = place;
  onlyKnown(config, DISTRIBUTION, "DistributionConfig");
  const { Aliases: aliases = [], CacheBehaviors = [], CustomErrorResponses = [] } = config;
  if (aliases.length > 0 && !config.ViewerCertificate?.AcmCertificateArn) {
    throw new Error("CloudFront takes another name only with a certificate for it");
  }
  for (const response of CustomErrorResponses) {
    onlyKnown(response, ["ErrorCode", "ErrorCachingMinTTL"], "a custom error response");
  }
  const id = existing?.id ?? `E${randomId(13)}`;
  const known = account.cloudfront.distributions.get(id);
  const domain = known?.domain ?? `d${randomId(13).toLowerCase()}.cloudfront.net`;
  account.cloudfront.distributions.set(id, {
    ...{ id, domain, aliases, comment: config.Comment ?? "", madeAt: known?.madeAt ?? new Date() },
    arn: account.arn("cloudfront", `distribution/${id}`),
    behaviours: [...CacheBehaviors, { ...config.DefaultCacheBehavior, PathPattern: "*" }].map(
      (it) => behaviourOf(it, config.Origins, place),
    ),
    errorSeconds: new Map(
      CustomErrorResponses.map((it) => [it.ErrorCode, Number(it.ErrorCachingMinTTL ?? 10)]),
    ),
    invalidations: known?.invalidations ?? new Invalidations(),
  });
  return { id, attributes: { DomainName: domain, Id: id } };
}

function behaviourOf(given: CacheBehaviour, origins: Origin[], { account }: Place): Behaviour {
  onlyKnown(given, BEHAVIOUR, "a cache behaviour");
  const { cloudfront } = account;
  const { FunctionAssociations = [], ResponseHeadersPolicyId: headers } = given;
  const [association, ...more] = FunctionAssociations;
  if (more.length > 0 || (association && association.EventType !== "viewer-request")) {
    throw new Error("this world runs one function, at viewer-request");
  }
  return {
    pattern: given.PathPattern ?? "*",
    ...originOf(given.TargetOriginId, origins, cloudfront.accessControls),
    methods: given.AllowedMethods ?? ["GET", "HEAD"],
    compresses: given.Compress === true,
    caching: found<CachePolicy>(cloudfront.cachePolicies, given.CachePolicyId),
    headers: headers === undefined ? [] : found(cloudfront.headersPolicies, headers),
    viewerRequest: association && found(cloudfront.functions, association.FunctionARN),
  };
}

/** A bucket by its domain, signed for when there is an access control. */
function originOf(id: string, origins: Origin[], accessControls: ReadonlySet<string>) {
  const origin = origins.find((it) => it.Id === id);
  if (!origin) throw new Error(`there is no origin ${id}`);
  const known = ["Id", "DomainName", "OriginAccessControlId", "S3OriginConfig"];
  onlyKnown(origin, known, `the origin ${id}`);
  const name = /^([a-z0-9.-]+)\.s3[.-]([a-z0-9-]+\.)?amazonaws\.com$/.exec(origin.DomainName)?.[1];
  if (name === undefined) throw new Error(`${origin.DomainName} is no bucket`);
  const control = origin.OriginAccessControlId;
  if (control !== undefined && !accessControls.has(control)) {
    throw new Error(`there is no origin access control ${control}`);
  }
  return { bucket: name, signs: control !== undefined };
}

function found<T>(known: ReadonlyMap<string, T>, id: string): T {
  const value = known.get(id);
  if (value === undefined) throw new Error(`there is no ${id} at CloudFront`);
  return value;
}
