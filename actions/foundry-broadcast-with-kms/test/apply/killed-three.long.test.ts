import { alpha, beta, gamma, sweeps } from "./kill/suite.ts";

// In a file of its own, since each file is a process: whole, it is the longest of the sweeps.
const chains = [alpha, beta, gamma];
sweeps([{ name: "three chains, their state in a bucket", chains, keeping: "bucket", samples: 4 }]);
