import type { Route } from '../router.ts';
import { adminRoutes } from './admin.ts';
import { blockRoutes } from './blocks.ts';
import { concurrencyLimitRoutes } from './concurrency-limits.ts';
import { deploymentRoutes } from './deployments.ts';
import { flowRunStateRoutes } from './flow-run-states.ts';
import { flowRunRoutes } from './flow-runs.ts';
import { flowRoutes } from './flows.ts';
import { eventRoutes, logRoutes } from './logs-and-events.ts';
import { taskRunRoutes } from './task-runs.ts';
import { variableRoutes } from './variables.ts';
import { workPoolRoutes } from './work-pools.ts';
import { workerRoutes, workQueueRoutes } from './work-queues.ts';

export const allRoutes = (csrf: boolean): readonly Route[] => [
  ...adminRoutes(csrf),
  ...workPoolRoutes,
  ...workQueueRoutes,
  ...workerRoutes,
  ...flowRoutes,
  ...deploymentRoutes,
  ...flowRunRoutes,
  ...flowRunStateRoutes,
  ...taskRunRoutes,
  ...concurrencyLimitRoutes,
  ...blockRoutes,
  ...variableRoutes,
  ...logRoutes,
  ...eventRoutes,
];
