import { ActionError } from "@playbook/action";

/** The values, or the first error with the others named in its `why`. */
export function all<Value>(results: PromiseSettledResult<Value>[]): Value[] {
  const errors = results.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  const [first, ...others] = errors;
  if (others.length > 0 && first instanceof ActionError) {
    const also = others.map((one) => (one as ActionError).what ?? String(one)).join(" ");
    const why = `${first.why} Also: ${also}`;
    throw new ActionError(
      first.code,
      { what: first.what, why, next: first.next },
      { cause: first },
    );
  }
  if (errors.length > 0) throw first;
  return results.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}
