import { start } from "../../dist/index.js";

await start("propose-files");
