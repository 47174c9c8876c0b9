import { containerNameIn, prefectContainerIsKnownBy } from '../plan/prefect-container.ts';
import type { ConfigurationFields } from './configuration-fields.ts';
import { textIn } from './shape.ts';

/**
 * Notices about the containers. Throws ValidationError if a definition that the worker registers
 * does not identify the container of the flow.
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
    `The flow runs in container '${containerNameIn(definition)}' only because it is the first in the task definition. ` +
      "Rename it to 'prefect', or set the job variable `container_name`.",
  ];
}
