import { containerNameIn, prefectContainerIsKnownBy } from '../plan/prefect-container.ts';
import type { ConfigurationFields } from './configuration-fields.ts';
import { textIn } from './shape.ts';

/**
 * What is told of them. Throws ValidationError where a definition that is registered does not say
 * which container runs the flow.
 */
export function containerNotices(
  {
    container_name: configured,
    task_definition: definition,
    task_run_request: request,
  }: ConfigurationFields,
  spokenContainerAt: number | undefined,
): readonly string[] {
  if (configured !== undefined || textIn(request['taskDefinition']) !== undefined) return [];
  if (prefectContainerIsKnownBy(definition, spokenContainerAt) === 'itself') return [];
  return [
    'Only the order of the containers in the task definition says which of them runs the flow: ' +
      `'${containerNameIn(definition)}' does. Call it 'prefect', or set the job variable \`container_name\`.`,
  ];
}
