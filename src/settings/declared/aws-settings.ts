import { environmentText } from './declaration.ts';

/** Environment variables that every AWS tool reads. */
export const awsSettings = {
  region: environmentText('AWS_REGION', {
    takes: 'a region',
    otherwise: "AWS_DEFAULT_REGION, else the profile's region",
    does: 'The region for runs whose credentials name none.',
  }),
  defaultRegion: environmentText('AWS_DEFAULT_REGION', {
    takes: 'a region',
    otherwise: "the profile's region",
    does: 'Used if AWS_REGION is not set.',
  }),
  profile: environmentText('AWS_PROFILE', {
    takes: 'a profile',
    otherwise: 'default',
    does: "The profile in the AWS configuration files of the worker's machine.",
  }),
  endpointUrl: environmentText('AWS_ENDPOINT_URL', {
    takes: 'a URL',
    otherwise: "AWS's own",
    does: 'The endpoint for all AWS services; `AWS_ENDPOINT_URL_<SERVICE>` is for one service.',
  }),
  caBundle: environmentText('AWS_CA_BUNDLE', {
    takes: 'a path',
    otherwise: "Node's built-in certificate authorities",
    does: 'A PEM file with the certificate authorities to trust for AWS endpoints.',
  }),
};
