/*
 * Which value of the store says what is live for a host. It keeps to what CloudFront's runtime knows,
 * as route.js does.
 */

const PREVIEW = /^pr-[1-9][0-9]{0,9}$/;

/**
 * The name of the preview that a host stands for, by its first label; null for any other.
 * @param {string} host
 * @returns {string | null}
 */
export function previewAt(host) {
  const label = host.split(".")[0].toLowerCase();
  return PREVIEW.test(label) ? label : null;
}
