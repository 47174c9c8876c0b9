import type { GuardRails } from './guard-rails.ts';

/** As they are when nobody sets any. */
export const noRails: GuardRails = {
  allowedTaskRoles: [],
  allowedExecutionRoles: [],
  allowedClusters: [],
  allowedImages: [],
  allowedBlocks: [],
  allowedAwsEndpoints: [],
  allowsBlockEndpoints: true,
  credentialsOnlyFromPool: false,
  forbiddenEnv: [],
};
