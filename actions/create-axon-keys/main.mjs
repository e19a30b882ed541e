import { start } from "../../dist/index.js";

await start("create-axon-keys");
