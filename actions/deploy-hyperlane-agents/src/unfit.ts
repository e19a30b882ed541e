import { type AgentRelease, type AgentVersion, isBefore, strangeChain } from "@playbook/hyperlane";
import { error, type Finding, warning } from "@playbook/release";

/** Before this release agents know no region of AWS but these, those of rusoto 0.48. */
const ANY_REGION: AgentVersion = "2.3.0";
const REGIONS = `
  af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1
  ap-southeast-2 ap-southeast-3 ca-central-1 cn-north-1 cn-northwest-1 eu-central-1 eu-north-1
  eu-south-1 eu-west-1 eu-west-2 eu-west-3 me-south-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1
  us-gov-west-1 us-west-1 us-west-2`
  .trim()
  .split(/\s+/);

type Agent = Pick<AgentRelease, "name" | "needs">;

/** What an agent is told of chains, as far as it knows some by itself. */
type Told = { chains?: Record<string, { chainId: number; domainId?: number }> };

/** The release of Hyperlane's agents that an image is by its tag; undefined for any other. */
export function versionOf(image: string): AgentVersion | undefined {
  return /:agents-v(\d+\.\d+\.\d+)\b/.exec(image)?.[1];
}

/** What an image would end at as soon as it is started, which the chart cannot know. */
export function unfit(one: Agent, told: string, image: string): Finding[] {
  const version = versionOf(image);
  return [...ofRegions(one, version), ...ofChains(one, JSON.parse(told), version)];
}

function ofRegions({ name, needs }: Agent, version: AgentVersion | undefined): Finding[] {
  if (version === undefined || !isBefore(version, ANY_REGION)) return [];
  const places = Object.entries({ key: needs.key, bucket: needs.bucket });
  const unknown = places.filter(([, place]) => place && !REGIONS.includes(place.region));
  return unknown.map(([what, place]) => {
    const why =
      `agents-v${version} knows no region ${place?.region}, where ` +
      `its ${what} is: it ends at its start.`;
    const next = `Take agents-v${ANY_REGION} or newer, or a ${what} in another region.`;
    return error("unknown-region", name, why, next);
  });
}

/** Of an image whose release is not known it is not sure. */
function ofChains({ name }: Agent, { chains }: Told, version: AgentVersion | undefined): Finding[] {
  const tell = version === undefined ? warning : error;
  const next =
    "Where only the name is another, correct it in the registry and in the list of " +
    "agents. Another domain wants its core deployed anew; else take a release of the " +
    "agents that does not know that chain.";
  return Object.entries(chains ?? {}).flatMap(([chain, { chainId, domainId }]) => {
    const why = strangeChain({ name: chain, domain: domainId ?? chainId }, version);
    return why === undefined ? [] : [tell("strange-chain", name, why, next)];
  });
}
