import { start } from "../../dist/index.js";

await start("upgrade-axon");
