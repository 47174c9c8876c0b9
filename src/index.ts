export { parseIdentifier, type InfrastructureIdentifier } from './core/task/identifier.ts';
