/** What has to have been paid for a message to be relayed, as agents read it. */
export type GasPolicy = { type: string; matchingList?: readonly object[] | undefined };

/** A message's way, by the domains. */
type Way = { origindomain: number; destinationdomain: number };

/**
 * Whether a relayer takes any message of a route that nobody has paid for. The first policy that
 * matches a message counts; all but `none` want to see a payment, be it of nothing.
 */
export function relaysUnpaid(
  policies: readonly GasPolicy[],
  { origin, destination }: { origin: number; destination: number },
): boolean {
  const way = { origindomain: origin, destinationdomain: destination };
  const first = policies.find(({ type, matchingList: rules = [] }) => {
    const isOpen = rules.length === 0;
    if (type !== "none") return isOpen || rules.some((rule) => takes(rule, way, "all"));
    return isOpen || rules.some((rule) => takes(rule, way, "some"));
  });
  return first?.type === "none";
}

/** Whether a rule takes all messages on a way, or some. */
function takes(rule: object, way: Way, which: "all" | "some"): boolean {
  return Object.entries(rule).every(([name, filter]) => {
    if (filter === "*") return true;
    const domain = way[name.replaceAll(/[_-]/g, "").toLowerCase() as keyof Way];
    if (domain === undefined) return which === "some";
    return [filter].flat().map(Number).includes(domain);
  });
}
