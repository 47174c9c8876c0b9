import { z } from 'zod';
import { TagInput } from './tags.ts';

export const ContainerDefinition = z.looseObject({
  name: z.string(),
  image: z.string().optional(),
  cpu: z.number().int().optional(),
  memory: z.number().int().optional(),
  memoryReservation: z.number().int().optional(),
  essential: z.boolean().optional(),
  entryPoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  environment: z
    .array(z.looseObject({ name: z.string().optional(), value: z.string().optional() }))
    .optional(),
  portMappings: z
    .array(
      z.looseObject({
        containerPort: z.number().int().optional(),
        hostPort: z.number().int().optional(),
        protocol: z.string().optional(),
      }),
    )
    .optional(),
  healthCheck: z
    .looseObject({
      command: z.array(z.string()),
      interval: z.number().optional(),
      timeout: z.number().optional(),
    })
    .optional(),
  logConfiguration: z
    .looseObject({ logDriver: z.string(), options: z.record(z.string(), z.string()).optional() })
    .optional(),
  secrets: z
    .array(z.looseObject({ name: z.string().optional(), valueFrom: z.string().optional() }))
    .optional(),
  dependsOn: z
    .array(
      z.looseObject({
        containerName: z.string(),
        condition: z.enum(['START', 'COMPLETE', 'SUCCESS', 'HEALTHY']),
      }),
    )
    .optional(),
  resourceRequirements: z.array(z.looseObject({ type: z.string(), value: z.string() })).optional(),
  stopTimeout: z.number().int().optional(),
});
export type ContainerDefinition = z.infer<typeof ContainerDefinition>;

export const RegisterTaskDefinitionInput = z.looseObject({
  family: z.string(),
  containerDefinitions: z.array(ContainerDefinition),
  cpu: z.string().optional(),
  memory: z.string().optional(),
  networkMode: z.string().optional(),
  requiresCompatibilities: z.array(z.string()).optional(),
  executionRoleArn: z.string().optional(),
  taskRoleArn: z.string().optional(),
  ephemeralStorage: z.looseObject({ sizeInGiB: z.number().int() }).optional(),
  volumes: z.array(z.looseObject({})).optional(),
  placementConstraints: z.array(z.looseObject({})).optional(),
  tags: z.array(TagInput).optional(),
});
export type RegisterTaskDefinitionInput = z.infer<typeof RegisterTaskDefinitionInput>;
