/**
 * `text` without these characters at its end. Not a pattern such as `/-+$/`, which takes quadratic
 * time if the characters also occur within the text.
 */
export function trimmedEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
