import { start } from "../../dist/index.js";

await start("comment-plan");
