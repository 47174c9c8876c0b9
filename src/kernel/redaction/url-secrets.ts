/** A user of this length without a password is a key: `https://<key>@sentry.example.com/1`. */
const shortestKey = 16;

/** Passwords in URLs, raw and decoded; without a password, a long user name. */
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
    return text; // invalid encoding: a password with a lone `%`
  }
}
