/**
 * A user without a password that is as long as this is a key: `https://<key>@sentry.example.com/1`.
 */
const shortestKey = 16;

/**
 * Passwords of the URLs in a text, as they stand there and decoded; a long user where there is
 * none.
 */
export function secretsInUrls(text: string): readonly string[] {
  if (!text.includes('://') || !text.includes('@')) return [];
  return [...text.matchAll(/:\/\/([^\s/?#"'<>@]+)@/g)].flatMap(([, userinfo = '']) => {
    const colon = userinfo.indexOf(':');
    const secret = userinfo.slice(colon + 1);
    return secret === '' || (colon < 0 && secret.length < shortestKey)
      ? []
      : [secret, decoded(secret)];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a password with a lone `%`
  }
}
