import { table } from "@playbook/action";
import type { Fault } from "../../test/faults/fault.ts";
import { foreseen } from "../../test/faults/words.ts";

/** What is broken on purpose in the tests, by what becomes of it. */
export function faultTable(areas: { faults: Fault[] }[]): string {
  const groups = Map.groupBy(
    areas.flatMap(({ faults }) => faults),
    ({ ends }) => foreseen(ends),
  );
  const rows = [...groups].map(([end, faults]) => [end, faults.map(({ name }) => name).join("; ")]);
  return table(["What happens", "When this is done to it"], rows);
}
