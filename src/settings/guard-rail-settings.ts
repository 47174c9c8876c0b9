import { guardRailSettings as names, type GuardRails } from '../core/guard/guard-rails.ts';
import type { SettingReader } from './setting-reader.ts';

export function guardRailsFrom(read: SettingReader): GuardRails {
  return {
    allowedTaskRoles: read.patterns(names.allowedTaskRoles),
    allowedExecutionRoles: read.patterns(names.allowedExecutionRoles),
    allowedClusters: read.patterns(names.allowedClusters),
    allowedImages: read.patterns(names.allowedImages),
    allowedBlocks: read.patterns(names.allowedBlocks),
    allowedAwsEndpoints: read.patterns(names.allowedAwsEndpoints),
    allowsBlockEndpoints: read.boolean(names.allowsBlockEndpoints, true),
    credentialsOnlyFromPool: read.boolean(names.credentialsOnlyFromPool, false),
    forbiddenEnv: read.patterns(names.forbiddenEnv),
  };
}
