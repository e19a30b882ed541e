import { start } from "../../dist/index.js";

await start("restore-axon");
