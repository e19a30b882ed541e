import { bodyOf, type Listening, listen, sendJson } from "../runner/listen.ts";
import type { Tokens } from "./tokens.ts";

/**
 * What the API server asks about tokens:
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication
 */
export function startTokenWebhook(tokens: Tokens): Promise<Listening> {
  return listen(async (request, response) => {
    const review = JSON.parse((await bodyOf(request)).toString("utf8"));
    const user = await tokens.userOf(review.spec.token);
    sendJson(response, 200, {
      apiVersion: review.apiVersion,
      kind: "TokenReview",
      status: user
        ? { authenticated: true, user: { username: user.name, groups: user.groups } }
        : { authenticated: false },
    });
  });
}
