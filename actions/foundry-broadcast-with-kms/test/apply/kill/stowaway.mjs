// Loaded into a run beside the recorder: touches a chain and the disk by ways that have no
// boundary.
import { spawn } from "node:child_process";
import { connect } from "node:net";

const { hosts } = JSON.parse(process.env.PLAYBOOK_WATCH);
const [address] = Object.entries(hosts).find(([, name]) => name === "alpha");
const [host, port] = address.split(":");
const body = '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}';
connect(Number(port), host).end(
  `POST / HTTP/1.1\r\nhost: ${address}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
);
spawn("touch", ["unseen"]);
