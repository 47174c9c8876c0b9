import { matchesGlob } from './glob.ts';

/**
 * Whether patterns cover a role or a cluster. ECS and patterns accept both ARNs and names. A name
 * is compared with the part of an ARN pattern after the first `/`. An ARN is compared with a name
 * pattern by that part, or by its last part.
 */
export function coversResource(patterns: readonly string[], resource: string): boolean {
  return patterns.some((pattern) => {
    if (matchesGlob(pattern, resource)) return true;
    if (isArn(pattern) === isArn(resource)) return false;
    if (isArn(pattern)) return matchesGlob(nameIn(pattern), resource);
    return (
      matchesGlob(pattern, nameIn(resource)) ||
      matchesGlob(pattern, resource.slice(resource.lastIndexOf('/') + 1))
    );
  });
}

function isArn(text: string): boolean {
  return text.startsWith('arn:');
}

/** The part after the first `/`. For a role it includes the path. */
function nameIn(arn: string): string {
  return arn.slice(arn.indexOf('/') + 1);
}

/** An image as written, and as Docker completes it (`docker.io/library/python:latest`). */
export function imageForms(image: string): readonly string[] {
  const isSingle = !image.includes('/');
  const hasRegistry = !isSingle && /[.:]|^localhost$/.test(image.slice(0, image.indexOf('/')));
  const home = isSingle ? 'docker.io/library/' : 'docker.io/';
  const isTagged = /[:@]/.test(image.slice(image.lastIndexOf('/') + 1));
  const tagged = isTagged ? image : `${image}:latest`;
  return [image, tagged, hasRegistry ? tagged : home + tagged];
}
