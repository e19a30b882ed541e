// Writes the contracts that packages/hyperlane deploys, out of the package that Hyperlane
// publishes.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../tools.ts";
import { contractsText } from "./contracts.ts";

const path = join(root, "packages/hyperlane/src/contracts.generated.ts");
await writeFile(path, await contractsText());
