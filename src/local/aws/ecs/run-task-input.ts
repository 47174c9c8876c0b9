import { z } from 'zod';
import { StrategyItem } from '../capacity/capacity-providers.ts';
import { TagInput } from './tags.ts';

const Pairs = z.array(z.looseObject({ name: z.string().optional(), value: z.string().optional() }));

const ContainerOverride = z.looseObject({
  name: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: Pairs.optional(),
  cpu: z.number().int().optional(),
  memory: z.number().int().optional(),
  memoryReservation: z.number().int().optional(),
});
export type ContainerOverride = z.infer<typeof ContainerOverride>;

export const RunTaskInput = z.looseObject({
  taskDefinition: z.string(),
  cluster: z.string().optional(),
  count: z.number().int().optional(),
  launchType: z.string().optional(),
  capacityProviderStrategy: z.array(StrategyItem).optional(),
  networkConfiguration: z
    .looseObject({
      awsvpcConfiguration: z
        .looseObject({
          subnets: z.array(z.string()),
          securityGroups: z.array(z.string()).optional(),
          assignPublicIp: z.enum(['ENABLED', 'DISABLED']).optional(),
        })
        .optional(),
    })
    .optional(),
  overrides: z
    .looseObject({
      containerOverrides: z.array(ContainerOverride).optional(),
      cpu: z.string().optional(),
      memory: z.string().optional(),
      taskRoleArn: z.string().optional(),
      ephemeralStorage: z.looseObject({ sizeInGiB: z.number().int() }).optional(),
    })
    .optional(),
  clientToken: z.string().optional(),
  startedBy: z.string().optional(),
  group: z.string().optional(),
  tags: z.array(TagInput).optional(),
  propagateTags: z.string().optional(),
  enableExecuteCommand: z.boolean().optional(),
  platformVersion: z.string().optional(),
  placementConstraints: z
    .array(z.looseObject({ type: z.string().optional(), expression: z.string().optional() }))
    .optional(),
  placementStrategy: z
    .array(z.looseObject({ type: z.string().optional(), field: z.string().optional() }))
    .optional(),
});
export type RunTaskInput = z.infer<typeof RunTaskInput>;
