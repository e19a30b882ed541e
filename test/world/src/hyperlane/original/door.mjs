import { readFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:https";

/*
 * AWS's own names, in TLS, before the world's endpoint: what signs for them has no other. It hands on
 * what it gets as it is, its Host among it, which is signed.
 */
const { AWS_ENDPOINT_URL = "", WORLD_POD_IP, WORLD_DOOR } = process.env;
const at = (name) => readFileSync(new URL(name, import.meta.url));

createServer({ key: at("door.key"), cert: at("door.crt") }, (message, response) => {
  const { method, url: path, headers } = message;
  const { hostname, port } = new URL(AWS_ENDPOINT_URL);
  const onward = request({ hostname, port, method, path, headers, setHost: false }, (reply) => {
    response.writeHead(reply.statusCode, reply.headers);
    reply.pipe(response);
  });
  onward.on("error", () => message.socket.destroy());
  message.pipe(onward);
}).listen(Number(WORLD_DOOR), WORLD_POD_IP);
