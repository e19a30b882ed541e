import { start } from "../../dist/index.js";

await start("helm-rollout-axon");
