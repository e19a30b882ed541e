import cf from "cloudfront";
import { previewAt } from "./host.js";
import { movedTo, route } from "./route.js";

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
    const moved = movedTo(request.uri, live);
    if (moved !== null) return elsewhere(moved + queryOf(request.querystring));
    request.uri = route(request.uri, live);
    return request;
  } catch (_error) {
    return unavailable();
  }
}

/** It may be kept no longer than a page: the next release can have it otherwise. */
function elsewhere(location) {
  return {
    statusCode: 308,
    statusDescription: "Permanent Redirect",
    headers: { "cache-control": { value: "no-cache" }, location: { value: location } },
  };
}

/** What stood behind the question mark, which CloudFront hands over in parts. */
function queryOf(fields) {
  const parts = Object.keys(fields).map((name) => {
    const all = fields[name].multiValue || [fields[name]];
    return all.map((one) => (one.value === "" ? name : `${name}=${one.value}`)).join("&");
  });
  // What no header can hold is not passed on as it is.
  return parts.length > 0 ? `?${parts.join("&").replace(/[^!-~]+/g, encodeURIComponent)}` : "";
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
