import { start } from "../../dist/index.js";

await start("check-hyperlane");
