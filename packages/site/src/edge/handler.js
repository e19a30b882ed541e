import cf from "cloudfront";
import { previewAt } from "./host.js";
import { route } from "./route.js";

/* global SERVES_PREVIEWS: the template says it. */

// biome-ignore lint/correctness/noUnusedVariables: CloudFront calls it by its name.
async function handler(event) {
  const request = event.request;
  try {
    const kvs = cf.kvs();
    const key = SERVES_PREVIEWS ? previewAt(request.headers.host.value) : "live";
    if (SERVES_PREVIEWS) {
      if (key === null) return noPreview();
      const isThere = await kvs.exists(key);
      if (!isThere) return noPreview();
    }
    const live = await kvs.get(key, { format: "json" });
    if (live.version !== 1) return unavailable();
    request.uri = route(request.uri, live);
    return request;
  } catch (_error) {
    return unavailable();
  }
}

function noPreview() {
  return answer(
    404,
    "Not Found",
    "There is no such preview: it was closed, or is not built yet.\n",
  );
}

function unavailable() {
  const answered = answer(503, "Service Unavailable", "No release is live here.\n");
  answered.headers["retry-after"] = { value: "5" };
  return answered;
}

function answer(status, description, body) {
  return {
    statusCode: status,
    statusDescription: description,
    headers: {
      "cache-control": { value: "no-store" },
      "content-type": { value: "text/plain; charset=utf-8" },
    },
    body: body,
  };
}
