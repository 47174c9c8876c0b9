export type XmlValue =
  | string
  | number
  | boolean
  | readonly XmlValue[]
  | { readonly [name: string]: XmlValue };

/**
 * One element. Lists use `<item>` in EC2's protocol and `<member>` in the query protocol. An empty
 * list is a lone element.
 */
export function element(name: string, value: XmlValue, protocol: 'ec2' | 'query' | 'json'): string {
  const inner = content(value, protocol);
  return inner === '' ? `<${name}/>` : `<${name}>${inner}</${name}>`;
}

function content(value: XmlValue, protocol: 'ec2' | 'query' | 'json'): string {
  if (Array.isArray(value)) {
    const item = protocol === 'ec2' ? 'item' : 'member';
    return value.map((inner: XmlValue) => element(item, inner, protocol)).join('');
  }
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([name, inner]) => element(name, inner, protocol))
      .join('');
  }
  return escaped(String(value));
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
