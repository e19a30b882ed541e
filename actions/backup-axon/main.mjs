import { start } from "../../dist/index.js";

await start("backup-axon");
