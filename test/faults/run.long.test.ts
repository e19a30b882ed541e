import { key } from "./key.ts";
import { machine } from "./machine.ts";
import { state } from "./state.ts";
import { proves } from "./suite.ts";

proves([...key, ...state, ...machine]);
