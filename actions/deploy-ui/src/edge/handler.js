import cf from "cloudfront";
import { route } from "./route.js";

// biome-ignore lint/correctness/noUnusedVariables: CloudFront calls it by its name.
async function handler(event) {
  const request = event.request;
  try {
    const live = await cf.kvs().get("live", { format: "json" });
    if (live.version !== 1) return unavailable();
    request.uri = route(request.uri, live);
    return request;
  } catch (_error) {
    return unavailable();
  }
}

function unavailable() {
  return {
    statusCode: 503,
    statusDescription: "Service Unavailable",
    headers: {
      "cache-control": { value: "no-store" },
      "content-type": { value: "text/plain; charset=utf-8" },
      "retry-after": { value: "5" },
    },
    body: "No release is live here.\n",
  };
}
