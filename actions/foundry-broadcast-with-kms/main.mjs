import { start } from "../../dist/index.js";

await start("foundry-broadcast-with-kms");
