import { error, type Finding, warning } from "../finding.ts";
import { containersOf, nameOf, type StatefulSet } from "../manifest.ts";
import { quantity } from "../quantity.ts";

type Quantities = Record<string, string | number>;

type Amount = { at: string; resource: string; written: string | number };

/** Amounts that Kubernetes does not take, or takes for something else than is meant. */
export function checkAmounts(set: StatefulSet): Finding[] {
  const asked = containersOf(set.spec.template.spec).flatMap(({ name, resources }) => {
    const at = `${nameOf(set)}, container ${name}`;
    const { requests = {}, limits = {} } = resources ?? {};
    const all = [...amountsIn(requests, `${at}, requests`), ...amountsIn(limits, `${at}, limits`)];
    return [...all.flatMap(checkAmount), ...checkLimited(at, requests, limits)];
  });
  const stored = (set.spec.volumeClaimTemplates ?? []).flatMap(({ metadata, spec }) => {
    const { resources } = (spec ?? {}) as { resources?: { requests?: Quantities } };
    return amountsIn(resources?.requests ?? {}, `${nameOf(set)}, claim ${metadata.name}`);
  });
  return [...asked, ...stored.flatMap(checkAmount)];
}

function amountsIn(quantities: Quantities, at: string): Amount[] {
  return Object.entries(quantities).map(([resource, written]) => ({ at, resource, written }));
}

const OF_BYTES = /^(?:memory|storage|ephemeral-storage|hugepages-.*)$/;

function checkAmount({ at, resource, written }: Amount): Finding[] {
  const place = `${at}.${resource}`;
  const next =
    "Write a number with Ki, Mi, Gi or Ti for bytes, and with m for thousandths of a CPU.";
  if (Number.isNaN(quantity(written))) {
    const why =
      `"${written}" is no amount: the API server refuses it, and ` +
      "Helm's upgrade would fail in the middle.";
    return [error("amount-refused", place, why, next)];
  }
  if (!OF_BYTES.test(resource) || !/[0-9][mun]$/.test(`${written}`)) return [];
  const why = `"${written}" is ${quantity(written)} bytes: m stands for thousandths.`;
  return [warning("amount-tiny", place, why, next)];
}

function checkLimited(at: string, requests: Quantities, limits: Quantities): Finding[] {
  return Object.entries(requests)
    .filter(([name, asked]) => quantity(asked) > quantity(limits[name] ?? Number.POSITIVE_INFINITY))
    .map(([name, asked]) => {
      const why =
        `It asks for ${asked} and is limited to ${limits[name]}: the API server refuses it, and ` +
        "Helm's upgrade would fail in the middle.";
      return error(
        "amount-refused",
        `${at}, requests.${name}`,
        why,
        "Ask for no more than the limit.",
      );
    });
}
