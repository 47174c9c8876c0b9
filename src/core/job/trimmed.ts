/**
 * `text` without these characters at its end. By hand: a pattern such as `/-+$/` tries anew at each
 * of them within.
 */
export function trimmedEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
