import { start } from "../../dist/index.js";

await start("change-axon-validators");
