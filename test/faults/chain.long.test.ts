import { nodes } from "./nodes.ts";
import { pool } from "./pool.ts";
import { proves } from "./suite.ts";

proves([...nodes, ...pool]);
