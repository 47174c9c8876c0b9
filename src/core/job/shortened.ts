/** Users' own names and values in a sentence: they may be megabytes long. `atMost`: characters. */
export function shortened(text: string, atMost = 80): string {
  return text.length <= atMost ? text : `${text.slice(0, atMost)}...`;
}
