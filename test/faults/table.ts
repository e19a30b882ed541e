import type { Fault } from "./fault.ts";
import { key } from "./key.ts";
import { machine } from "./machine.ts";
import { nodes } from "./nodes.ts";
import { pool } from "./pool.ts";
import { state } from "./state.ts";

/**
 * Everything that is broken on purpose: the tests prove how our runs end, the benchmark does the
 * same to forge, and the documents list it.
 */
export const faults: { area: string; faults: Fault[] }[] = [
  { area: "nodes and networks", faults: nodes },
  { area: "pools, fees and blocks", faults: pool },
  { area: "the key and the steps", faults: key },
  { area: "what is remembered", faults: state },
  { area: "the machine", faults: machine },
];
