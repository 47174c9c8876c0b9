/** Shortens users' names and values for a sentence: they may be megabytes long. */
export function shortened(text: string, atMost = 80): string {
  return text.length <= atMost ? text : `${text.slice(0, atMost)}...`;
}
