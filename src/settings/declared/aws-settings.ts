import { environmentText } from './declaration.ts';

/** Of the environment, as every AWS tool reads them. */
export const awsSettings = {
  region: environmentText('AWS_REGION', {
    takes: 'a region',
    otherwise: 'AWS_DEFAULT_REGION, else that of the profile',
    does: 'The region of runs whose credentials name none.',
  }),
  defaultRegion: environmentText('AWS_DEFAULT_REGION', {
    takes: 'a region',
    otherwise: 'that of the profile',
    does: 'The same, where AWS_REGION is not set.',
  }),
  profile: environmentText('AWS_PROFILE', {
    takes: 'a profile',
    otherwise: 'default',
    does: "The profile of the AWS files of the worker's machine.",
  }),
  endpointUrl: environmentText('AWS_ENDPOINT_URL', {
    takes: 'a URL',
    otherwise: "AWS's own",
    does: 'The endpoint of all AWS services; `AWS_ENDPOINT_URL_<SERVICE>` is that of one.',
  }),
  caBundle: environmentText('AWS_CA_BUNDLE', {
    takes: 'a path',
    otherwise: 'the authorities that Node brings',
    does: 'A PEM file of the authorities that may sign the certificates of AWS endpoints.',
  }),
};
