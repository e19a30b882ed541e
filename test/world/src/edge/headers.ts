import { randomId } from "../aws/keyring.ts";
import { onlyKnown } from "../aws/template/document.ts";
import type { Place } from "../aws/template/resources.ts";
import type { HeaderRule } from "./cloudfront.ts";

type HeadersPolicy = {
  ResponseHeadersPolicyConfig: {
    Name: string;
    Comment?: string;
    CorsConfig?: Cors;
    SecurityHeadersConfig?: SecurityHeaders;
    CustomHeadersConfig?: { Items: { Header: string; Value: string; Override: boolean }[] };
  };
};

type Cors = {
  AccessControlAllowCredentials: boolean;
  AccessControlAllowHeaders: { Items: string[] };
  AccessControlAllowMethods: { Items: string[] };
  AccessControlAllowOrigins: { Items: string[] };
  OriginOverride: boolean;
};

type SecurityHeaders = {
  ContentSecurityPolicy?: { ContentSecurityPolicy: string; Override: boolean };
  ContentTypeOptions?: { Override: boolean };
  FrameOptions?: { FrameOption: string; Override: boolean };
  ReferrerPolicy?: { ReferrerPolicy: string; Override: boolean };
  StrictTransportSecurity?: {
    AccessControlMaxAgeSec: number;
    IncludeSubdomains?: boolean;
    Preload?: boolean;
    Override: boolean;
  };
};

/** What a distribution adds to whatever it answers. */
export async function makeHeadersPolicy(properties: HeadersPolicy, { account, existing }: Place) {
  const config = properties.ResponseHeadersPolicyConfig;
  const known = ["Name", "Comment", "CorsConfig", "SecurityHeadersConfig", "CustomHeadersConfig"];
  onlyKnown(config, known, "the policy");
  const custom = (config.CustomHeadersConfig?.Items ?? []).map((item) => ({
    ...{ name: item.Header.toLowerCase(), value: item.Value, override: item.Override },
  }));
  const id = existing?.id ?? randomId(20).toLowerCase();
  const security = securityRules(config.SecurityHeadersConfig ?? {});
  account.cloudfront.headersPolicies.set(id, [
    ...(config.CorsConfig ? corsRules(config.CorsConfig) : []),
    ...security,
    ...custom,
  ]);
  return { id, attributes: { Id: id } };
}

/** For requests that say from where they come; what a preflight asks is refused by the methods. */
function corsRules(config: Cors): HeaderRule[] {
  const known = ["Credentials", "Headers", "Methods", "Origins"];
  onlyKnown(
    config,
    [...known.map((name) => `AccessControlAllow${name}`), "OriginOverride"],
    "CorsConfig",
  );
  if (config.AccessControlAllowCredentials) throw new Error("this world shares no credentials");
  const origins = config.AccessControlAllowOrigins.Items;
  const rule = (name: string, say: (origin: string) => string | undefined): HeaderRule => ({
    name,
    value: (origin) => (origin === undefined ? undefined : say(origin)),
    override: config.OriginOverride,
  });
  if (origins.includes("*")) return [rule("access-control-allow-origin", () => "*")];
  return [
    rule("access-control-allow-origin", (origin) =>
      origins.includes(origin) ? origin : undefined,
    ),
    rule("vary", () => "Origin"),
  ];
}

function securityRules(config: SecurityHeaders): HeaderRule[] {
  const { ContentSecurityPolicy: csp, ContentTypeOptions: sniffing, FrameOptions: frames } = config;
  const { ReferrerPolicy: referrer, StrictTransportSecurity: transport } = config;
  const known = ["ContentSecurityPolicy", "ContentTypeOptions", "FrameOptions"];
  onlyKnown(
    config,
    [...known, "ReferrerPolicy", "StrictTransportSecurity"],
    "SecurityHeadersConfig",
  );
  const rule = (name: string, value: string | undefined, set?: { Override: boolean }) =>
    set && value !== undefined ? [{ name, value, override: set.Override }] : [];
  const age = [
    `max-age=${transport?.AccessControlMaxAgeSec}`,
    ...(transport?.IncludeSubdomains ? ["includeSubDomains"] : []),
    ...(transport?.Preload ? ["preload"] : []),
  ];
  return [
    ...rule("content-security-policy", csp?.ContentSecurityPolicy, csp),
    ...rule("x-content-type-options", "nosniff", sniffing),
    ...rule("x-frame-options", frames?.FrameOption, frames),
    ...rule("referrer-policy", referrer?.ReferrerPolicy, referrer),
    ...rule("strict-transport-security", age.join("; "), transport),
  ];
}
