import { start } from "../../dist/index.js";

await start("deploy-hyperlane-agents");
